"""New rows as the table that was learnt: its columns, order, kinds and constants."""

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data.table import complete, encode, infer_columns
from kvae.table import TableSpec


def test_rows_come_back_in_the_tables_own_order_with_its_constants():
    table = mixed_table(60)
    spec = infer_columns(table)
    found = complete(encode(table, spec), TableSpec.from_json(spec.to_json()))
    assert found.columns == [name for name in table.columns if name not in ("row", "note")]
    assert found.equals(table.select(found.columns).with_columns(pl.col("since").cast(found["since"].dtype)))
    assert found["country"].to_list() == ["NL"] * 60


@pytest.mark.parametrize("value", [True, 3, 2.5, "NL", "$5", "1,200"])
def test_constants_are_as_the_table_has_them(value):
    table = pl.DataFrame({"always": [value] * 6, "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]})
    spec = infer_columns(table)
    found = complete(np.array([[2.0], [3.0]], np.float32), spec)
    assert found.columns == ["always", "x"]
    assert found["always"].to_list() == [value, value]


TYPED = {
    "Date": pl.Series([dt.date(2024, 1, 31)]),
    "Time": pl.Series([dt.time(14, 5)]),
    "Duration": pl.Series([dt.timedelta(days=1, hours=2, microseconds=3)]),
    "ms": pl.Series([dt.timedelta(hours=-2)], dtype=pl.Duration("ms")),
    "Datetime": pl.Series([dt.datetime(2024, 1, 31, 12, 0, 0, 5)]),
    "ns": pl.Series([1_700_000_000_123_456_789]).cast(pl.Datetime("ns")),
    "zone": pl.Series([dt.datetime(2024, 1, 31, 12)]).dt.replace_time_zone("Asia/Tokyo"),
    "Int32": pl.Series([7], dtype=pl.Int32),
    "UInt8": pl.Series([7], dtype=pl.UInt8),
    "Float32": pl.Series([0.1], dtype=pl.Float32),
    "Decimal": pl.Series([1.25]).cast(pl.Decimal(10, 2)),
    "Categorical": pl.Series(["a"], dtype=pl.Categorical),
    "Enum": pl.Series(["a"], dtype=pl.Enum(["a"])),
    "name": pl.Series(["7"], dtype=pl.Categorical),
}


@pytest.mark.parametrize("constant", TYPED.values(), ids=TYPED.keys())
def test_constants_have_the_type_of_the_table(constant):
    table = pl.DataFrame({"always": pl.concat([constant] * 6), "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]})
    spec = infer_columns(table)
    assert [one.kind for one in spec.left_out] == ["constant"]
    spec = TableSpec.from_json(json.loads(json.dumps(spec.to_json())))
    found = complete(np.array([[2.0], [3.0]], np.float32), spec)["always"]
    assert found.dtype == constant.dtype
    assert found.to_list() == constant.to_list() * 2 and found.to_physical()[0] == constant.to_physical()[0]


def test_constants_of_plain_types_are_kept_as_before():
    spec = infer_columns(pl.DataFrame({"always": ["a"] * 6, "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]}))
    (kept,) = spec.to_json()["left_out"]
    assert kept == {"name": "always", "kind": "constant", "why": "it is always a", "value": "a"}


def test_gaps_are_learnt_where_there_are_any():
    spec = infer_columns(mixed_table(60), missing="learn")
    found = {column.name: column.missing for column in spec.columns}
    assert {name for name, missing in found.items() if missing == "learn"} == {"height", "income"}


def test_a_column_without_values_is_not_made():
    table = pl.DataFrame({"never": [None] * 6, "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]})
    assert complete(np.zeros((2, 1), np.float32), infer_columns(table)).columns == ["x"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (
            {"dtype": "Date", "ticks": "a"},
            "column 'always' of the learnt run has the type 'Date', which 'a' cannot have",
        ),
        ({"dtype": "Int8"}, "has the type 'Int8', which 'NL' cannot have"),
        ({"dtype": 3}, "has the type '3', which polars does not have"),
        ("abc", "missing or invalid entry: the form of 'always' is 'abc'"),
    ],
)
def test_a_type_that_a_constant_cannot_have_is_refused(form, message):
    table = pl.DataFrame({"always": ["NL"] * 6, "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]})
    values = infer_columns(table).to_json()
    values["left_out"][0]["form"] = form
    with pytest.raises(ValueError, match=message):
        complete(np.array([[2.0]], np.float32), TableSpec.from_json(values))
