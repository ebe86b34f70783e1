"""Durations in text: as pandas writes them, and with hours beyond 23."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.data.kinds.spans import SPANS, read_span, span_text
from kvae.data.table import decode, encode, infer_columns

N = 60
HOURS = [(7 * i) % 130 for i in range(N)]
TEXTS = {
    "%D days %H:%M:%S": [f"{i - 5} days {'+' if i < 5 else ''}{i % 24:02d}:{i:02d}:30" for i in range(N)],
    "%D days %H:%M:%S%.f": [f"0 days 00:00:0{i % 10}.{i % 8}25000" for i in range(N)],
    "%H+:%M:%S": [f"{h:02d}:{i:02d}:05" for i, h in enumerate(HOURS)],
    "%-H+:%M:%S": [f"{'-' if i % 9 == 1 else ''}{h}:{i:02d}:05" for i, h in enumerate(HOURS)],
    "%H+:%M": [f"{h:02d}:{i:02d}" for i, h in enumerate(HOURS)],
    "%-H+:%M": [f"{h}:{i:02d}" for i, h in enumerate(HOURS)],
}


@pytest.mark.parametrize("how", TEXTS)
def test_durations_in_text_come_back_as_they_were(how):
    texts = [None if i == 8 else text for i, text in enumerate(TEXTS[how])]
    frame = pl.DataFrame({"a": texts, "rest": [i % 3 for i in range(N)]})
    spec = infer_columns(frame)
    column, x = spec.columns[0], encode(frame, spec)
    assert (column.kind, column.form["format"]) == ("date", how)
    assert decode(x, spec)["a"].to_list() == texts
    if how.startswith("%D"):
        days = pd.to_timedelta(pd.Series(texts)) / pd.Timedelta(days=1)
        np.testing.assert_allclose(x[:, 0], days, rtol=1e-6)


@pytest.mark.parametrize(
    "texts",
    [
        [f"{i % 24:02d}:{i:02d}:00" for i in range(N)],  # times of day
        [f"{i:02d}:61:00" for i in range(N)],
        [f"{i}:9" for i in range(N)],
        [f"{i} days ago" for i in range(N)],
    ],
)
def test_other_texts_are_no_durations(texts):
    found = infer_columns(pl.DataFrame({"a": texts, "b": [i % 3 for i in range(N)]}))
    assert not [one for one in found.columns if one.form.get("format") in SPANS]


@pytest.mark.parametrize("how", SPANS)
def test_what_is_written_is_read(how):
    step = 1_000_000 if "%S" in how else 60_000_000
    micro = [-3 * step, 0, step, 100_000 * step] + ([500_000, -1] if how.endswith("%.f") else [])
    texts = pl.Series([*(span_text(one, how) for one in micro), "x"])
    assert read_span(texts, how).to_list() == [*(dt.timedelta(microseconds=one) for one in micro), None]


def test_text_is_read_where_a_type_of_durations_or_times_was_learnt():
    frame = pl.DataFrame(
        {
            "long": [dt.timedelta(seconds=7000 * i) for i in range(N)],
            "at": [dt.time(i % 24, i) for i in range(N)],
        }
    )
    spec = infer_columns(frame)
    x = encode(frame, spec)
    days = [f"{i * 7000 // 86400} days {pd.Timestamp(7000 * i, unit='s'):%H:%M:%S}" for i in range(N)]
    for at in ([f"{i % 24}:{i:02d}" for i in range(N)], [f"{i % 24:02d}:{i:02d}:00" for i in range(N)]):
        np.testing.assert_array_equal(encode(pl.DataFrame({"long": days, "at": at}), spec), x)
