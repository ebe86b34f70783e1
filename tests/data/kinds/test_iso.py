"""Dates and times of a Parquet file, read again from text as kvae, polars and pandas write it."""

import datetime as dt

import pandas as pd
import polars as pl
import pytest

from kvae.data.table import decode, encode, infer_columns, read_frame
from kvae.data.table.writing import write_table
from kvae.errors import InputError

N = 60
HOURS = pl.Series([dt.datetime(2020, 1, 1, i % 24, 30) + dt.timedelta(days=5 * i) for i in range(N)])
COLUMNS = {
    "naive": HOURS,
    "zoned": HOURS.dt.replace_time_zone("Europe/Berlin"),
    "days": HOURS.dt.date(),
    "midnights": HOURS.dt.truncate("1d"),
    "times": HOURS.dt.time(),
    "spans": HOURS - HOURS[0],
}


def table(values):
    return pl.DataFrame({"when": values, "rest": [i % 3 for i in range(N)]})


def as_pandas(frame):  # without pyarrow
    return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})


@pytest.mark.parametrize("writer", ["kvae", "pandas", "polars"])
@pytest.mark.parametrize("name", COLUMNS)
def test_what_was_written_is_read(tmp_path, name, writer):
    frame, path = table(COLUMNS[name]), tmp_path / "x.csv"
    spec = infer_columns(frame)
    if writer == "pandas":
        as_pandas(frame).to_csv(path, index=False)
    elif writer == "polars" and name != "spans":
        frame.write_csv(path)
    else:
        write_table(path, decode(encode(frame, spec), spec))
    later = encode(read_frame(path, spec=spec), spec)
    assert later.tolist() == encode(frame, spec).tolist()
    assert decode(later, spec).equals(frame)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("naive", ["2020-01-01 05:30", "2020-01-01T05:30:00", " 2020-01-01  05:30:00.000000000"]),
        ("zoned", ["2020-01-01 05:30+01:00", "2020-01-01T04:30:00Z", "2020-01-01T05:30:00.000+0100"]),
        ("midnights", ["2020-01-01", "2020-01-01 00:00:00"]),
    ],
)
def test_forms_may_be_mixed(name, texts):
    spec = infer_columns(table(COLUMNS[name]))
    x = encode(pl.DataFrame({"when": [*texts, None], "rest": [0] * (len(texts) + 1)}), spec)[:, 0]
    assert len(set(x[:-1].tolist())) == 1 and x[-1] != x[-1]


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("naive", "2020-01-01T05:30:00+02:00", "2020-01-31T14:05:00"),
        ("naive", "2020-01-01T05:30:00Z", "2020-01-31T14:05:00"),
        ("zoned", "2020-01-01T05:30:00", "2020-01-31T14:05:00+02:00"),
        ("zoned", "2020-01-01", "2020-01-31T14:05:00+02:00"),
        ("days", "01/02/2020", "2020-01-31"),
        ("times", "2020-01-01", "14:05:00"),
    ],
)
def test_other_texts_are_refused(name, text, shown):
    spec = infer_columns(table(COLUMNS[name]))
    later = pl.DataFrame({"when": [text], "rest": [0]})
    with pytest.raises(InputError) as error:
        encode(later, spec)
    said = f"the table: column 'when' holds '{text}' in row 0: it was learnt as dates or times, such as {shown}"
    assert str(error.value) == said
