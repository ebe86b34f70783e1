"""The distinct values of all columns of a table: in memory, or for large files by counts and a sample."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.kinds import Seen, recognised, see

if TYPE_CHECKING:
    import polars as pl

# About how many rows of a large file are sampled.
SAMPLE = 200_000


def see_all(frame: pl.DataFrame, decimal: str = ".") -> list[Seen]:
    """The columns of a table in memory, in which numbers in text may have the sign `decimal`."""
    return [see(frame.to_series(place), place, decimal=decimal) for place in range(frame.width)]


def see_stored(scanned: pl.LazyFrame, n: int, exact: Collection[str] = ()) -> list[Seen]:
    """The columns of a table that stays in its files, read one at a time, so that memory is bounded.

    Categories are counted over all rows. Numbers, dates, ids and free text are counted over a sample of about
    `SAMPLE` rows, evenly spread; unless they are text, the smallest and the largest value of all rows are added.

    Args:
        scanned: The table.
        n: Number of rows.
        exact: Names of columns whose values are counted over all rows, whatever their kind.
    """
    every = max(1, n // SAMPLE)
    return [
        see_one(scanned, name, at, n, every, exact) for at, name in enumerate(scanned.collect_schema().names())
    ]


def see_one(scanned: pl.LazyFrame, name: str, place: int, n: int, every: int, exact: Collection[str]) -> Seen:
    """One column of `see_stored`, of which every `every`th row is sampled."""
    column = scanned.select(name)
    sample = see(column.gather_every(every).collect(engine="streaming").to_series(), place)
    if every == 1 or not sample.is_counted:
        return replace(sample, n=n)
    sample = with_ends(sample, column, name, n)
    if name not in exact and sample.distinct > 1 and "categories" not in getattr(recognised(sample), "keys", ()):
        return sample
    counts = column.group_by(name).len("n").collect(engine="streaming")
    return replace(see(counts[name], place, counts["n"]), head=sample.head)


def with_ends(sample: Seen, column: pl.LazyFrame, name: str, n: int) -> Seen:
    """A sample with the smallest and the largest value, and the number of missing values, of all rows."""
    import polars as pl

    one = pl.col(name)
    if column.collect_schema()[name].is_float():
        one = one.fill_nan(None)
    found = column.select(missing=one.null_count(), least=one.min(), most=one.max()).collect(engine="streaming")
    missing, least, most = found.row(0)
    values, counts = sample.values, sample.counts
    if not (sample.is_text or sample.order or sample.written) and least is not None:
        ends = pl.Series(values.name, [least, most], column.collect_schema()[name]).cast(values.dtype)
        new = ends.filter(~ends.is_in(values.implode())).unique()
        values, counts = pl.concat([values, new]), np.concatenate([counts, np.ones(len(new), np.int64)])
    return replace(sample, values=values, counts=counts, n=n, missing=missing)
