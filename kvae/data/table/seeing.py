"""All columns of a table as they are seen: in memory, or, of large files, by counts and a sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.kinds import Seen, see

if TYPE_CHECKING:
    import polars as pl

# Rows that tell what a column of a large file is like.
SAMPLE = 200_000
# With more different numbers than this, those of the sample stand for all.
FEW_NUMBERS = 2_000
# A text that is nearly every row's own in the sample is no category.
OWN = 0.9


def see_all(frame: pl.DataFrame) -> list[Seen]:
    """The columns of a table in memory."""
    return [see(frame.to_series(place), place) for place in range(frame.width)]


def see_stored(scanned: pl.LazyFrame, n: int) -> list[Seen]:
    """The columns of `n` rows that stay in their files: one at a time, so that memory is bounded.

    Categories are counted over all rows; numbers with many values by a sample of `SAMPLE` rows, the smallest, the
    largest and the gaps over all.
    """
    every = max(1, n // SAMPLE)
    return [see_one(scanned, name, place, n, every) for place, name in enumerate(scanned.collect_schema().names())]


def see_one(scanned: pl.LazyFrame, name: str, place: int, n: int, every: int) -> Seen:
    """One of them."""
    column = scanned.select(name)
    sample = see(column.gather_every(every).collect(engine="streaming").to_series(), place)
    if every == 1 or sample.order is not None or sample.values.dtype.is_nested():
        return sample
    many = sample.distinct > OWN * sample.present if sample.is_text else sample.distinct > FEW_NUMBERS
    if many:
        return with_ends(sample, column, name, n)
    counts = column.group_by(name).len("n").collect(engine="streaming")
    exact = see(counts[name], place)
    return counted_as(sample, exact, counts, n)


def counted_as(sample: Seen, exact: Seen, counts: pl.DataFrame, n: int) -> Seen:
    """What was seen of distinct values, with how often each is there among `n` rows."""
    import polars as pl

    found: dict[object, int] = {}
    for value, many in counts.iter_rows():
        found[value] = found.get(value, 0) + many
    frame = pl.DataFrame({"value": exact.values, "n": [found.get(value, 1) for value in exact.values.to_list()]})
    frame = frame.sort(["n", "value"], descending=[True, False])
    present = int(frame["n"].sum())
    return replace(
        exact, values=frame["value"], counts=frame["n"].to_numpy(), n=n, missing=n - present, head=sample.head
    )


def with_ends(sample: Seen, column: pl.LazyFrame, name: str, n: int) -> Seen:
    """What a sample shows, with the smallest and the largest of all values, and gaps as all rows have them."""
    import polars as pl

    one = pl.col(name)
    if column.collect_schema()[name].is_float():
        one = one.fill_nan(None)
    found = column.select(missing=one.null_count(), least=one.min(), most=one.max()).collect(engine="streaming")
    missing, least, most = found.row(0)
    scaled = np.maximum(sample.counts * ((n - missing) / max(sample.present, 1)), 1).astype(np.int64)
    values, counts = sample.values, scaled
    if not sample.is_text and sample.written is None and least is not None:
        ends = pl.Series(values.name, [least, most], column.collect_schema()[name]).cast(values.dtype)
        new = ends.filter(~ends.is_in(values)).unique()
        values, counts = pl.concat([values, new]), np.concatenate([scaled, np.ones(len(new), np.int64)])
    return replace(sample, values=values, counts=counts, n=n, missing=missing)
