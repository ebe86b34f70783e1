"""Dates, times of day and durations of another type than the learnt one, and time zones, are refused."""

import datetime as dt

import pandas as pd
import polars as pl
import pytest

from kvae.data.kinds.moments import in_learnt_zone
from kvae.data.table import decode, encode, infer_columns
from kvae.errors import InputError
from kvae.uses.conditions.numbers import of_number

N = 60
HOURS = pl.Series([dt.datetime(2020, 1, 1, i % 24) + dt.timedelta(days=2 * i) for i in range(N)])
ZONED = HOURS.dt.replace_time_zone("Europe/Berlin")
OFFSETS = pl.Series([f"{one}+02:00" for one in HOURS])
SPANS = pl.Series([dt.timedelta(hours=5 * i) for i in range(N)])
WITHIN = pl.Series([dt.timedelta(minutes=17 * i) for i in range(N)])
COLUMNS = {
    "dates": HOURS.dt.date(),
    "text": HOURS.dt.strftime("%d/%m/%Y"),
    "hours": HOURS,
    "times": HOURS.dt.time(),
    "clock": HOURS.dt.strftime("%H:%M"),
    "spans": SPANS,
    "long": pl.Series([f"{24 + i}:30" for i in range(N)]),
    "zoned": ZONED,
    "offsets": OFFSETS,
}


def spec_of(values):
    return infer_columns(table(values))


def table(values):
    return pl.DataFrame({"when": values, "rest": [i % 3 for i in range(N)]})


WRONG = [
    ("dates", SPANS, "dates, and this is a duration"),
    ("text", HOURS.dt.time(), "dates, and this is a time of day"),
    ("hours", WITHIN, "dates, and this is a duration"),
    ("times", HOURS.dt.date(), "times of day, and this is a date"),
    ("clock", HOURS, "times of day, and this is a date with a time"),
    ("spans", HOURS, "durations, and this is a date with a time"),
    ("long", HOURS.dt.date(), "durations, and this is a date"),
]


@pytest.mark.parametrize(("name", "values", "why"), WRONG)
def test_another_type_is_refused(name, values, why):
    spec = spec_of(COLUMNS[name])
    with pytest.raises(InputError, match=f"column 'when' holds .* in row 0 and 59 more: it was learnt as {why}$"):
        encode(table(values), spec)
    with pytest.raises(InputError, match=r"mode.where.when must be a (date|time).* Received: datetime\."):
        of_number(spec.columns[0], 0, values[7], "mode.where.when")
    assert len(encode(table(pl.Series([None] * N, dtype=values.dtype)), spec)) == N


@pytest.mark.parametrize("name", ["times", "clock"])
def test_a_duration_within_a_day_is_a_time_of_day(name):
    spec = spec_of(COLUMNS[name])
    later = table(WITHIN)
    assert encode(later, spec)[7, 0] == pytest.approx(7 * 17 / 1440)
    with pytest.raises(InputError, match="and 54 more: it was learnt as times of day, which are from 0:00 to"):
        encode(table(SPANS), spec)
    with pytest.raises(InputError, match="must be a time"):
        of_number(spec.columns[0], 0, dt.timedelta(hours=30), "mode.where.when")


@pytest.mark.parametrize(
    ("name", "values", "typed"),
    [
        ("hours", ZONED, r"without a time zone: type \.dt\.tz_localize\(None\) in pandas, or \.dt\.replace_time"),
        ("dates", ZONED, "without a time zone: type "),
        ("text", ZONED, "without a time zone: type "),
        ("zoned", HOURS, r"with a time zone: type \.dt\.tz_localize\('Europe/Berlin'\) in pandas, or \.dt\.repl"),
        ("zoned", HOURS.dt.date(), "with a time zone: type "),
        ("offsets", HOURS, r"with a time zone: type \.dt\.tz_localize\('UTC'\) in pandas, or \.dt\.repl"),
    ],
)
def test_times_with_and_without_a_zone_are_not_mixed(name, values, typed):
    spec = spec_of(COLUMNS[name])
    frame = table(values)
    for later in (frame, pd.DataFrame({name: frame[name].to_list() for name in frame.columns})):
        with pytest.raises(
            InputError, match=f"column 'when' holds .* in row 0 and 59 more: it was learnt {typed}"
        ):
            encode(later, spec)


def test_times_in_another_zone_are_the_same_times():
    spec = spec_of(ZONED)
    x = encode(table(ZONED), spec)
    assert (encode(table(ZONED.dt.convert_time_zone("Asia/Tokyo")), spec) == x).all()
    assert decode(x, spec)["when"].equals(ZONED)


@pytest.mark.parametrize("name", ["zoned", "offsets"])
@pytest.mark.parametrize(
    "value",
    ["2020-07-01 12:00:00", "2020-07-01T12:00:00", dt.datetime(2020, 7, 1, 12), "2020-07-01T10:00:00+00:00"],
)
def test_a_condition_without_a_zone_is_in_the_zone_of_the_column(name, value):
    column = spec_of(COLUMNS[name]).columns[0]
    first = dt.datetime.fromisoformat(column.form["origin"])
    exact = of_number(column, 0, value, "mode.where.when")
    assert first + dt.timedelta(days=exact.value) == dt.datetime(2020, 7, 1, 10)


def test_a_time_that_clocks_skip_is_the_one_that_they_show_then():
    form = {"dtype": "Datetime(time_unit='us', time_zone='America/Sao_Paulo')"}
    for hour in (0, 1):
        found = in_learnt_zone(dt.datetime(2018, 11, 4, hour), form)
        assert found == dt.datetime(2018, 11, 4, 3, tzinfo=dt.UTC)
