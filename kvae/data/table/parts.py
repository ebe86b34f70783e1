"""Cyclic parts of a date as further columns: its month, weekday, hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.kinds import kind_called
from kvae.table import Column, TableSpec

if TYPE_CHECKING:
    import polars as pl

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# For each part the texts of its categories, and the smallest number that polars gives for it.
PARTS = {
    "month": (tuple(map(str, range(1, 13))), 1),
    "day": (tuple(map(str, range(1, 32))), 1),
    "weekday": (WEEKDAYS, 1),
    "hour": (tuple(map(str, range(24))), 0),
    "minute": (tuple(map(str, range(60))), 0),
    "quarter": (tuple(map(str, range(1, 5))), 1),
}


def is_part(column: Column) -> bool:
    """Whether a column is a part of a date, and not a column of the table."""
    return "part_of" in column.form


def places_of_wholes(columns: Sequence[Column]) -> list[int]:
    """For every column the position of the date that it is a part of; of other columns their own position."""
    places = {column.name: place for place, column in enumerate(columns)}
    return [places.get(column.form.get("part_of", column.name), place) for place, column in enumerate(columns)]


def column_of_part(column: Column, part: str) -> Column:
    """The column for a part of a date."""
    texts, _ = PARTS[part]
    form = {"part_of": column.name, "part": part}
    return Column(f"{column.name}.{part}", "categorical", {"name": "categorical"}, texts, len(texts), form=form)


def part_of(values: pl.Series, column: Column, spec: TableSpec) -> np.ndarray:
    """The values of a column that is a part of a date, as numbers of its categories; NaN for missing dates."""
    import polars as pl

    whole = spec.columns[spec.place(column.form["part_of"])]
    days = kind_called(whole.kind).read(values, whole)
    micro = np.round(days * 86_400e6)
    gaps = np.isnan(micro)
    times = pl.Series(np.where(gaps, 0, micro).astype(np.int64)).cast(pl.Datetime("us"))
    first = np.datetime64(whole.form["origin"], "us").astype(np.int64)
    times = (times.cast(pl.Int64) + int(first)).cast(pl.Datetime("us"))
    numbers = getattr(times.dt, column.form["part"])().to_numpy().astype(np.float64)
    return np.where(gaps, np.nan, numbers - PARTS[column.form["part"]][1])
