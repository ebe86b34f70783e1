"""Messages about numbers that float32, in which models compute, rounds."""

from __future__ import annotations

import numpy as np

from kvae.data.precision import what_is_coarse as coarse
from kvae.table import Column

SECONDS_PER_DAY = 86_400.0
LEAST = float(np.finfo(np.float32).tiny)


def what_is_rounded(exact: np.ndarray, column: Column) -> str | None:
    """A message where float32 loses digits of a column's numbers; None where it loses none.

    Args:
        exact: The numbers `(n,)` in float64, NaN for missing ones.
        column: The column, whose `form` gives the precision with which the table writes numbers.
    """
    finite = exact[np.isfinite(exact)]
    if not column.is_number or not finite.size:
        return None
    if np.any(np.abs(finite) == LEAST):
        return f"{column.name!r}: numbers nearer to 0 than {LEAST:.1g} are learnt as that, the smallest of float32"
    unit = unit_of(column)
    held = finite.astype(np.float32).astype(np.float64)
    away = np.abs(held - finite)
    if unit is None or away.max() <= unit / 2:
        return None
    if column.kind == "date":
        seconds = away.max() * SECONDS_PER_DAY
        return f"{column.name!r}: times are rounded to float32, by up to {seconds:.2g} s, as they are far apart"
    digits = int(column.form["decimals"])
    worst = int(away.argmax())
    example = f"{finite[worst]:.{digits}f} is learnt as {held[worst]:.{digits}f}"
    return f"{column.name!r}: numbers have too many digits for float32 and are rounded: {example}"


def what_is_coarse(exact: np.ndarray, column: Column) -> str | None:
    """A message where float32 hardly tells a column's numbers apart, as they are far from 0; else None.

    Arguments are those of `what_is_rounded`.
    """
    return coarse(exact, repr(column.name)) if column.is_number else None


def unit_of(column: Column) -> float | None:
    """The smallest step between numbers as the table writes them, in the column's units; None where not known."""
    if column.kind == "date":
        return float(column.form.get("step", SECONDS_PER_DAY)) / SECONDS_PER_DAY
    decimals = column.form.get("decimals")
    return None if decimals is None else 10.0 ** -int(decimals)
