"""Every column of a table can be written as CSV, whatever its type."""

import datetime as dt

import pandas as pd
import polars as pl
import pytest

from kvae.data.index import text_of
from kvae.data.raw_table import Frame
from kvae.data.table import write_table
from kvae.data.values import labels_of
from kvae.runs import ModuleFolder
from kvae.runs.csv_values import plain

SPANS = [dt.timedelta(days=1, seconds=9000), dt.timedelta(hours=-2), dt.timedelta(microseconds=90), None]
TYPES = {
    "lists": ([[1, 2], None], None, ["[1, 2]", None]),
    "arrays": ([[1, 2], None], pl.Array(pl.Int64, 2), ["[1, 2]", None]),
    "structs": ([{"x": 1, "y": "ü", "z": [b"k"]}, None], None, ['{"x": 1, "y": "ü", "z": ["6b"]}', None]),
    "bytes": ([b"kv", None], None, ["6b76", None]),
    "objects": ([3 + 1j, None], pl.Object, ["(3+1j)", None]),
}


@pytest.mark.parametrize("name", TYPES)
def test_what_csv_has_no_form_for_is_written_as_text(name, tmp_path):
    values, dtype, texts = TYPES[name]
    frame = pl.DataFrame({"a": pl.Series(values, dtype=dtype), "b": [1, 2]})
    assert plain(frame)["a"].to_list() == texts
    write_table(tmp_path / "x.csv", frame)
    with ModuleFolder(tmp_path).frames_writer("impute", 2) as write:
        write(frame)
    for file in ("x.csv", "impute.csv"):
        assert pl.read_csv(tmp_path / file)["a"].to_list() == texts


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_durations_are_written_as_pandas_reads_them(unit):
    frame = pl.DataFrame({"a": pl.Series(SPANS, dtype=pl.Duration(unit))})
    texts = plain(frame)["a"].to_list()
    assert texts[:2] == ["1 days 02:30:00", "-1 days +22:00:00"]
    assert pd.to_timedelta(texts)[:3].tolist() == frame["a"].to_list()[:3] and texts[3] is None


def test_a_time_of_day_has_no_more_decimals_than_it_needs():
    times = [dt.time(14, 5), dt.time(3, 0, 7, 500_000), None]
    assert plain(pl.DataFrame({"at": times}))["at"].to_list() == ["14:05:00", "03:00:07.500000", None]


def test_labels_and_ids_may_be_durations_or_lists():
    frame = pl.DataFrame({"a": SPANS, "b": [[1], [2], None, [1]]})
    raw = Frame("the table", frame, ("a", "b"))
    assert text_of(frame["a"]).tolist() == ["1 days 02:30:00", "-1 days +22:00:00", "0 days 00:00:00.000090", ""]
    assert text_of(frame["b"]).tolist() == ["[1]", "[2]", "", "[1]"]
    assert labels_of(raw, 0).tolist()[0] == "1 days 02:30:00" and labels_of(raw, 1).tolist()[1] == "[2]"


def test_other_columns_stay_as_they_are():
    frame = pl.DataFrame(
        {
            "when": [dt.datetime(2020, 1, 1)],
            "kind": pl.Series(["x"], dtype=pl.Categorical),
            "size": pl.Series(["s"], dtype=pl.Enum(["s"])),
            "none": [None],
        }
    )
    assert plain(frame).equals(frame) and plain(frame).schema == frame.schema
