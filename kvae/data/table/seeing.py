"""All columns of a table as they are seen: in memory, or, of large files, by counts and a sample."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.kinds import Seen, recognised, see

if TYPE_CHECKING:
    import polars as pl

# Rows that tell what a column of a large file is like.
SAMPLE = 200_000


def see_all(frame: pl.DataFrame) -> list[Seen]:
    """The columns of a table in memory."""
    return [see(frame.to_series(place), place) for place in range(frame.width)]


def see_stored(scanned: pl.LazyFrame, n: int, exact: Collection[str] = ()) -> list[Seen]:
    """The columns of `n` rows that stay in their files: one at a time, so that memory is bounded.

    Categories are counted over all rows. Of numbers and dates a sample of about `SAMPLE` rows is counted, with the
    smallest and the largest of all rows, and so is text that is nearly every row's own.

    Args:
        scanned: The rows.
        n: How many there are.
        exact: Names of columns whose values are all counted, whatever they are.
    """
    every = max(1, n // SAMPLE)
    return [
        see_one(scanned, name, at, n, every, exact) for at, name in enumerate(scanned.collect_schema().names())
    ]


def see_one(scanned: pl.LazyFrame, name: str, place: int, n: int, every: int, exact: Collection[str]) -> Seen:
    """One of them."""
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
    """What a sample shows, with the smallest and the largest of all values, and gaps as all rows have them."""
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
