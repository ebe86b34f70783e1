"""Convert rows of a table to numbers for a model, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.columns import in_order, known_as
from kvae.data.kinds import CannotReadError, kind_called
from kvae.data.kinds.seen import is_counted
from kvae.data.table.given import from_given
from kvae.data.table.parts import is_part, part_of
from kvae.data.table.precision import what_is_coarse, what_is_rounded
from kvae.errors import InputError, quoted
from kvae.table import Column, TableSpec

if TYPE_CHECKING:
    import polars as pl


def encode(
    frame: Any,
    spec: TableSpec,
    unseen: str = "refuse",
    source: str = "the table",
    place: Callable[[int], str] = "row {}".format,
    told: list[str] | None = None,
    coarse: list[str] | None = None,
) -> np.ndarray:
    """The rows of a table as a model takes them, `(n, n_columns)` float32.

    Numbers are in the table's own unit, dates in days since the first one, a category is its number from 0, and a
    missing value is NaN.

    Args:
        frame: A DataFrame of polars, pandas or the like, with the columns of `spec` by name, in any order.
        spec: The learnt columns.
        unseen: What becomes of a category that was not learnt: `refuse` raises; `other` takes that category.
        source: How messages call the table.
        place: How messages call a row.
        told: A list, to which a message is added for every column that float32 rounds.
        coarse: The same for columns whose numbers float32 hardly tells apart, instead of `told`.

    Raises:
        InputError: For columns that are missing, and for values that their column cannot have.
    """
    frame = from_given(frame)
    wanted = [one for one in spec.columns if not is_part(one)]
    order, _ = in_order(source, frame.columns, frame.width, [one.name for one in wanted])
    places = {column.name: at for column, at in zip(wanted, order, strict=True)}
    rows = np.empty((len(frame), len(spec.columns)), np.float32)
    for i, column in enumerate(spec.columns):
        values = frame.to_series(places[column.form.get("part_of", column.name)])
        if is_part(column):
            rows[:, i] = part_of(values, column, spec)
            continue
        exact = numbers_of(values, column, unseen, source, place)
        rows[:, i] = exact
        if coarse is not None and (word := what_is_coarse(exact, column)) is not None:
            coarse.append(word)
        elif told is not None and (word := what_is_rounded(exact, column)) is not None:
            told.append(word)
    return rows


def numbers_of(
    values: pl.Series, column: Column, unseen: str, source: str, place: Callable[[int], str]
) -> np.ndarray:
    """One column as numbers `(n,)`, float64, NaN for missing values."""
    import polars as pl

    as_bytes = values.dtype == pl.Binary and column.kind != "date"  # text in some Parquet files
    if not (is_counted(values) or as_bytes) and values.null_count() < len(values):
        raise InputError(
            f"{source}: column {column.name!r} must hold numbers, text or dates, as it was learnt. Received: "
            f"values of the type {values.dtype}"
        )
    try:
        return kind_called(column.kind).read(values, column, unseen)
    except CannotReadError as error:
        more = f" and {error.count - 1:,} more" if error.count > 1 else ""
        raise InputError(
            f"{source}: column {column.name!r} holds {quoted(error.value)} in {place(error.row)}{more}: "
            f"{error.why}"
        ) from error


def decode(x: np.ndarray, spec: TableSpec, parts: bool = False) -> pl.DataFrame:
    """Rows of numbers as a table with the names, categories, decimals, date formats and types of the learnt one.

    Whole numbers are rounded, categories are the nearest ones, and NaN becomes null.

    Args:
        x: Rows `(n, n_columns)`, as `encode` gives them, or as a model draws them.
        spec: The learnt columns.
        parts: Whether parts of dates are columns too, so that there are as many as `x` has.

    Raises:
        ValueError: For another number of columns.
    """
    import polars as pl

    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] != len(spec.columns):
        raise ValueError(f"rows must be of shape (n, {len(spec.columns)}). Received: {x.shape}")
    columns = [
        kind_called(column.kind).write(x[:, i], column)
        for i, column in enumerate(spec.columns)
        if parts or not is_part(column)
    ]
    return pl.DataFrame(columns)


def encode_value(value: Any, column: Column, source: str = "the table") -> float:
    """One value that a user typed, as a number of a column: for conditions such as `since > 2020-01-01`.

    Raises:
        InputError: For a value that the column cannot have.
    """
    import polars as pl

    values = pl.Series(known_as(column.name), [value], strict=False)
    return float(numbers_of(values, column, "refuse", source, lambda row: "what was typed")[0])
