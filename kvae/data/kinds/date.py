"""Columns of dates and times: as numbers, days since the first one."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kvae.data.kinds.base import LearntKind
from kvae.data.kinds.formats import (
    ZONE,
    read_as,
    read_as_type,
    read_numbers_as,
    write_as,
    written_as,
    zone_of,
)
from kvae.data.kinds.moments import DAY, as_written, beyond_a_day, check_type, is_span
from kvae.data.kinds.numbers import wrong
from kvae.data.kinds.seen import Seen, without_gaps
from kvae.errors import quoted
from kvae.table import Column

if TYPE_CHECKING:
    import polars as pl

# Steps in seconds to which times are rounded when they are written back: the largest that fits the column.
STEPS = (DAY, 3600.0, 60.0, 1.0, 0.001)
# The beginning of year 1 and the end of year 9999, in microseconds since 1970: Python has no other dates.
ENDS = (-6.21355968e16, 2.53402300799e17)
MIDNIGHT = "1970-01-01T00:00:00"


class Date(LearntKind):
    """Dates, times of day, dates with times, and durations; of such a type, or as text in one format."""

    name = "date"
    rank = 10
    words = "dates or times"
    keys: ClassVar[tuple[str, ...]] = ("format", "cyclic")

    def recognises(self, seen: Seen) -> bool:
        if seen.distinct < 2 or seen.dtype in ("Categorical", "Enum"):
            return False
        if seen.values.dtype.is_temporal():
            return True
        return written_as(seen) is not None

    def learn(self, seen: Seen, given: dict[str, Any]) -> Column:
        how = given.get("format")
        if how is None and not seen.values.dtype.is_temporal():
            how = written_as(seen)
            if how is None:
                raise ValueError(
                    f"holds {quoted(seen.values[0])}, which is no date of a known format: give its format"
                )
        form = seen.form | ({} if how is None else {"format": how})
        if how is not None and ZONE in how:
            form["zone"] = zone_of(seen.values)
        seconds = seconds_of(seen.values, form)
        bad = np.isnan(seconds)
        if bad.any():
            raise ValueError(f"holds {quoted(seen.values[int(bad.argmax())])}, which is not written as {how}")
        origin = MIDNIGHT
        if not is_span(form):
            first = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(
                seconds=float(np.floor(seconds.min() / DAY) * DAY)
            )
            origin = first.replace(tzinfo=None).isoformat()
        step = next((step for step in STEPS if np.all(np.mod(np.round(seconds, 6), step) == 0)), STEPS[-1])
        form |= {"origin": origin, "step": step}
        return Column(seen.name, self.name, {"name": "quantile_mixture"}, form=form)

    def read(self, values: pl.Series, column: Column, unseen: str = "refuse") -> np.ndarray:
        values = without_gaps(values)
        check_type(values, column.form)
        seconds = seconds_of(values, column.form)
        long = beyond_a_day(seconds, values, column.form)
        if long.any():
            raise wrong(values, long, "it was learnt as times of day, which are from 0:00 to before 24:00")
        bad = np.isnan(seconds) & values.is_not_null().to_numpy()
        if bad.any():
            raise wrong(values, bad, f"it was learnt as {self.words}{as_written(column.form)}")
        return (seconds - origin_of(column.form)) / DAY

    def write(self, numbers: np.ndarray, column: Column) -> pl.Series:
        import polars as pl

        form, step = column.form, column.form.get("step", DAY)
        seconds = np.asarray(numbers, np.float64) * DAY + origin_of(form)
        micro = np.round(np.round(seconds / step) * step * 1e6)
        gaps = ~np.isfinite(micro)
        whole = pl.Series(column.name, np.where(gaps, 0, np.clip(micro, *ENDS)).astype(np.int64))
        whole = pl.select(pl.when(pl.Series(~gaps)).then(whole)).to_series().alias(column.name)
        return write_as(whole, form)


def origin_of(form: Any) -> float:
    """The date from which numbers count, in seconds since 1970."""
    return datetime.datetime.fromisoformat(form["origin"]).replace(tzinfo=datetime.UTC).timestamp()


def seconds_of(values: pl.Series, form: Any) -> np.ndarray:
    """Dates or times `(n,)` in seconds since 1970, or since midnight; NaN for missing values and for other values.

    Times with a time zone are converted to UTC.
    """
    import polars as pl

    how = form.get("format")
    if how is not None and not values.dtype.is_temporal():
        values = read_as(values, how) if values.dtype == pl.String else read_numbers_as(values, how)
    elif values.dtype == pl.String:
        values = read_as_type(values, form.get("dtype", "Date"))
    dtype = values.dtype
    if dtype == pl.Date:
        micro = values.cast(pl.Datetime("us")).cast(pl.Int64)
    elif dtype == pl.Datetime:
        micro = values.cast(pl.Datetime("us", dtype.time_zone)).cast(pl.Int64)  # type: ignore[attr-defined]
    elif dtype == pl.Duration:
        micro = values.cast(pl.Duration("us")).cast(pl.Int64)
    elif dtype == pl.Time:
        return values.cast(pl.Int64).cast(pl.Float64).to_numpy() / 1e9
    else:
        return np.full(len(values), np.nan)
    return micro.cast(pl.Float64).to_numpy() / 1e6


KIND = Date()
