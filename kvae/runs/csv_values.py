"""Values that CSV has no form for, as text: durations, times of day, lists, bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

# How many there are in a second, and how many digits a fraction of a second has.
UNITS = {"ms": (10**3, 3), "us": (10**6, 6), "ns": (10**9, 9)}


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """A table of which every column can be written as CSV.

    A duration is written as pandas writes it, `1 days 02:30:00`, and a time of day as `14:05:00`; lists, structs
    and the like as JSON; bytes in hexadecimal digits.
    """
    return frame.with_columns([as_texts(one) for one in frame.iter_columns() if not is_plain(one.dtype)])


def is_plain(dtype: Any) -> bool:
    """Whether polars writes a type as CSV, and as other programs do: a time of day has nine decimals there."""
    import polars as pl

    known = (pl.String, pl.Boolean, pl.Null, pl.Categorical, pl.Enum, pl.Date, pl.Datetime)
    return dtype.is_numeric() or dtype in known


def as_texts(column: pl.Series) -> pl.Series:
    """A column of any type as text; missing values stay missing."""
    import polars as pl

    if is_plain(column.dtype):
        return column.cast(pl.String)
    if column.dtype == pl.Duration:
        return durations(column)
    texts = [None if one is None else of_value(one) for one in column.to_list()]
    return pl.Series(column.name, texts, pl.String)


def of_value(value: Any) -> str:
    """One value as text."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=of_value)
    return str(value)


def durations(column: pl.Series) -> pl.Series:
    """Durations as pandas writes them: `1 days 02:30:00`, `-1 days +22:00:00.500000`."""
    import polars as pl

    per_second, digits = UNITS[column.dtype.time_unit]  # type: ignore[attr-defined]
    ticks = column.cast(pl.Int64).to_list()
    return pl.Series(
        column.name, [None if one is None else days(one, per_second, digits) for one in ticks], pl.String
    )


def days(ticks: int, per_second: int, digits: int) -> str:
    """A duration as days and a time of day; the fraction of a second is left out where it is 0."""
    whole, rest = divmod(ticks, 86_400 * per_second)
    seconds, fraction = divmod(rest, per_second)
    sign = "+" if whole < 0 else ""
    time = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{whole} days {sign}{time}" + (f".{fraction:0{digits}d}" if fraction else "")
