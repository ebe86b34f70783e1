"""Decoded rows in the form of the DataFrame that was given."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl

from kvae.data.table import decode, encode, in_form_of, infer_columns, read_frame

N = 60
HOURS = [(7 * i) % 24 for i in range(N)]
DAYS = [dt.date(2017, 1, 1) + dt.timedelta((11 * i) % 300) for i in range(N)]
STAMPS = [dt.datetime.combine(day, dt.time(hour, 30)) for day, hour in zip(DAYS, HOURS, strict=True)]
LEARNT = pl.DataFrame(
    {
        "day": [one.strftime("%d/%m/%Y") for one in DAYS],
        "stamp": [one.strftime("%d.%m.%Y %H:%M") for one in STAMPS],
        "short": [one.strftime("%d-%m-%y") for one in DAYS],
        "clock": [f"{hour:02d}:30" for hour in HOURS],
        "stay": [f"{hour + 24}:30" for hour in HOURS],
        "price": [f"${1000 + 1.5 * i:,.2f}" for i in range(N)],
        "flag": [("no", "yes")[i % 2] for i in range(N)],
        "ticked": [("false", "true")[i % 2] for i in range(N)],
    }
)
GIVEN = pd.DataFrame(
    {
        "day": pd.to_datetime(pd.Series(DAYS)),
        "stamp": pd.to_datetime(pd.Series(STAMPS)),
        "short ": DAYS,
        "clock": [dt.time(hour, 30) for hour in HOURS],
        "stay": pd.to_timedelta([f"{hour + 24}:30:00" for hour in HOURS]),
        "price": 1000 + 1.5 * np.arange(N),
        "flag": pd.Categorical(LEARNT["flag"].to_list()),
        "ticked": [i % 2 == 1 for i in range(N)],
    }
)


def test_what_was_learnt_from_text_comes_back_in_the_types_that_were_given():
    spec = infer_columns(read_frame(LEARNT))
    assert spec.names == tuple(LEARNT.columns)
    np.testing.assert_allclose(encode(GIVEN, spec), encode(LEARNT, spec))
    back = in_form_of(decode(encode(GIVEN, spec), spec), GIVEN, spec)
    back.columns = GIVEN.columns
    assert [one.kind for one in back.dtypes] == [one.kind for one in GIVEN.dtypes]
    for name in GIVEN:
        assert back[name].tolist() == GIVEN[name].tolist()


def test_text_comes_back_as_text():
    spec = infer_columns(read_frame(LEARNT))
    given = pd.DataFrame(LEARNT.to_dict(as_series=False))
    pd.testing.assert_frame_equal(in_form_of(decode(encode(given, spec), spec), given, spec), given)
