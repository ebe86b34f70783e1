"""Columns with one value, or none: they hold no information."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kvae.data.kinds.base import LeftOutKind
from kvae.data.kinds.seen import Seen
from kvae.data.kinds.types import type_called
from kvae.errors import InputError, quoted
from kvae.table import LeftOut

if TYPE_CHECKING:
    import polars as pl

# The types that polars gives plain values.
PLAIN = ("String", "Int64", "Float64", "Boolean")


class Constant(LeftOutKind):
    """The same value in all rows that have one."""

    name = "constant"
    rank = 0
    words = "one value in all rows"

    def recognises(self, seen: Seen) -> bool:
        return seen.distinct < 2 and seen.is_counted

    def why(self, seen: Seen) -> str:
        if not seen.distinct:
            return "it has no values"
        return f"it is always {seen.values[0]}" + (", or missing" if seen.missing else "")

    def value(self, seen: Seen) -> bool | int | float | str | None:
        """The single value, as the table writes it; None for a column without values."""
        if not seen.distinct:
            return None
        value = seen.values[0]
        if seen.written is not None and seen.written.form:
            return seen.written.text(float(value), seen.decimals)
        return value if isinstance(value, bool | int | float | str) else str(value)


KIND = Constant()


def form_of(seen: Seen) -> dict[str, Any]:
    """The type of a column of one value, as `dtype`, unless it is that of the plain value; else empty.

    A date, time or duration is also kept as the whole number, `ticks`, that stands for it in its type.
    """
    if seen.dtype in PLAIN:
        return {}
    ticks = {"ticks": int(seen.values.to_physical()[0])} if seen.values.dtype.is_temporal() else {}
    return {"dtype": seen.dtype, **ticks}


def repeated(one: LeftOut, n: int) -> pl.Series:
    """A constant column of `n` rows, in its type.

    Raises:
        InputError: When the value cannot have the type, in a run folder that others wrote.
    """
    import polars as pl

    values = pl.Series(one.name, [one.form.get("ticks", one.value)] * n)
    dtype = one.form.get("dtype")
    if dtype is None:
        return values
    try:
        return values.cast(pl.Enum([str(one.value)]) if dtype == "Enum" else type_called(str(dtype)))
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"the constant column {one.name!r} of the learnt run has the type {dtype!r}, which "
            f"{quoted(values[0] if n else one.value)} cannot have"
        ) from error
