"""Types of dates, times of day and durations, and their time zones: which are read in a learnt column."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.kinds.formats import ZONE, is_time, seconds_east
from kvae.data.kinds.numbers import wrong
from kvae.data.kinds.spans import SPANS
from kvae.data.kinds.types import zone_in_type

if TYPE_CHECKING:
    import polars as pl

DAY = 86_400.0
EXAMPLES = {
    "Date": "2020-01-31", "Datetime": "2020-01-31T14:05:00", "Time": "14:05:00", "Duration": "1 days 02:30:00",
}  # fmt: skip
NAMES = {"Date": "a date", "Datetime": "a date with a time", "Time": "a time of day", "Duration": "a duration"}


def is_span(form: Any) -> bool:
    """Whether a column holds durations or times of day, without a date."""
    how = form.get("format", "")
    return form.get("dtype", "").startswith(("Duration", "Time")) or is_time(how)


def is_duration(form: Any) -> bool:
    """Whether a column holds durations, which may be longer than a day."""
    return form.get("dtype", "").startswith("Duration") or form.get("format") in SPANS


def check_type(values: pl.Series, form: Any) -> None:
    """Raise CannotReadError for dates or times whose type, or whose lack of a time zone, is not the learnt one."""
    there = values.is_not_null().to_numpy()
    if not values.dtype.is_temporal() or not there.any():
        return
    name = type(values.dtype).__name__
    if is_span(form) != (name in ("Time", "Duration")):
        raise wrong(values, there, f"it was learnt as {learnt_as(form)}, and this is {NAMES.get(name, name)}")
    if is_span(form):
        return
    learnt, given = zone_of_form(form), getattr(values.dtype, "time_zone", None)
    if learnt is None and given is not None:
        raise wrong(
            values,
            there,
            "it was learnt without a time zone: type .dt.tz_localize(None) in pandas, or "
            ".dt.replace_time_zone(None) in polars, once the times are in the zone of the learnt ones",
        )
    if learnt is not None and given is None:
        raise wrong(
            values,
            there,
            f"it was learnt with a time zone: type .dt.tz_localize({learnt!r}) in pandas, or "
            f".dt.replace_time_zone({learnt!r}) in polars, with the zone that these times are in",
        )


def learnt_as(form: Any) -> str:
    """What a column holds, in words."""
    if not is_span(form):
        return "dates"
    return "durations" if is_duration(form) else "times of day"


def as_written(form: Any) -> str:
    """How text in the learnt column is written, as the end of a message."""
    if "format" in form:
        return f" written as {form['format']}"
    zone = "+02:00" if zone_of_form(form) else ""
    shown = EXAMPLES.get(form.get("dtype", "Date").partition("(")[0])
    return f", such as {shown}{zone}" if shown else ""


def beyond_a_day(seconds: np.ndarray, values: pl.Series, form: Any) -> np.ndarray:
    """Which durations are no time of day, where the column was learnt as times of day; False for NaN."""
    import polars as pl

    if values.dtype != pl.Duration or is_duration(form):
        return np.zeros(len(seconds), bool)
    return (seconds < 0) | (seconds >= DAY)


def zone_of_form(form: Any) -> str | None:
    """The name of the time zone of a learnt column, UTC for text with offsets; None for one without a zone."""
    how = form.get("format")
    if how is not None:
        return "UTC" if ZONE in how else None
    return zone_in_type(form.get("dtype", ""))


def in_learnt_zone(moment: datetime.datetime, form: Any) -> datetime.datetime:
    """A time that was typed without a time zone, in the zone in which the column is written, if it has one."""
    import polars as pl

    name = zone_of_form(form)
    if name is None or moment.tzinfo is not None:
        return moment
    if "format" in form:
        moment -= datetime.timedelta(seconds=seconds_east(form.get("zone", "+00:00")))
        return moment.replace(tzinfo=datetime.UTC)
    times = [moment, moment + datetime.timedelta(hours=1)]  # clocks may skip the first, and then show the second
    there = pl.Series(times).dt.replace_time_zone(name, ambiguous="earliest", non_existent="null")
    utc = there.dt.convert_time_zone("UTC").dt.replace_time_zone(None).drop_nulls()[0]
    return utc.replace(tzinfo=datetime.UTC)
