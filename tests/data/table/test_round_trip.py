import datetime as dt
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_columns, mixed_rows, mixed_table

from kvae.data.table import decode, encode, infer_columns, read_frame, write_table
from kvae.errors import InputError

KINDS = {
    "age": "continuous",
    "height": "continuous",
    "income": "positive",
    "visits": "count",
    "sex": "binary",
    "sector": "categorical",
    "size": "ordinal",
    "since": "date",
    "active": "binary",
}


def test_kinds_of_a_mixed_table():
    spec = infer_columns(mixed_table())
    assert {column.name: column.kind for column in spec.columns} == KINDS
    assert [(one.name, one.kind) for one in spec.left_out] == [
        ("row", "id"),
        ("country", "constant"),
        ("note", "text"),
    ]
    assert spec.order == tuple(mixed_table().columns)


def test_rows_are_those_made_by_hand():
    by_hand = mixed_columns()
    found = encode(mixed_table(), by_hand)
    np.testing.assert_array_equal(found, mixed_rows())


@pytest.mark.parametrize("gaps", [True, False])
def test_what_is_read_comes_back(gaps):
    frame = mixed_table(300, seed=1, gaps=gaps)
    spec = infer_columns(frame)
    x = encode(frame, spec)
    assert x.dtype == np.float32 and np.isnan(x).any() == gaps
    back = decode(x, spec)
    assert back.equals(frame.select(spec.names))
    assert back.schema == frame.select(spec.names).schema


def test_columns_are_taken_by_name_in_any_order():
    frame, spec = mixed_table(), infer_columns(mixed_table())
    other = frame.select(reversed(frame.columns)).with_columns(more=pl.lit(1))
    np.testing.assert_array_equal(encode(other, spec), encode(frame, spec))


def test_a_missing_column_is_refused_by_name():
    spec = infer_columns(mixed_table())
    with pytest.raises(InputError, match="lacks 1 of the 9 columns that the run learnt: age"):
        encode(mixed_table().drop("age"), spec)


def test_text_comes_back_as_it_was(tmp_path):
    path, frame = tmp_path / "x.csv", mixed_table()
    write_table(path, frame)
    assert "None" not in path.read_text() and ",," in path.read_text()
    read = read_frame(path)
    spec = infer_columns(read)
    assert {column.name: column.kind for column in spec.columns} == KINDS
    assert decode(encode(read, spec), spec).equals(read.select(spec.names))
    assert spec.columns[spec.place("since")].form["format"] == "%Y-%m-%d"


def test_draws_of_any_size_become_values_of_the_columns():
    spec = infer_columns(mixed_table())
    wild = np.full((3, 9), [[-1e9], [1e9], [0.4]], np.float32)
    back = decode(wild, spec)
    assert back["visits"].to_list()[0] == 0
    assert back["sector"].to_list() == ["retail", "mining", "retail"]
    assert back["size"].to_list() == ["low", "high", "low"]
    assert decode(np.full((1, 9), np.nan), spec).null_count().row(0) == (1,) * 9


def test_dates_count_days():
    days = [dt.date(2020, 1, 1), dt.date(2020, 3, 1), None, dt.date(2019, 12, 31)]
    frame = pl.DataFrame({"d": days})
    spec = infer_columns(frame)
    np.testing.assert_array_equal(encode(frame, spec)[:, 0], [1, 61, np.nan, 0])
    assert decode(encode(frame, spec), spec).equals(frame)


def test_an_unseen_category_is_refused_by_name_or_is_other():
    frame = pl.DataFrame({"x": ["a", "b", "c", "a", "b", "c"], "y": [1.5, 2.5, 3.25, 4.5, 5.5, 6.5]})
    spec = infer_columns(frame)
    new = pl.DataFrame({"x": ["a", "d"], "y": [1.0, 1.0]})
    with pytest.raises(
        InputError, match=r"column 'x' holds 'd' in row 1: it was not learnt.*Learnt categories: a, b, c"
    ):
        encode(new, spec)
    with pytest.raises(
        InputError, match=r"learn again with data\.unseen=other: the learnt column has no category other$"
    ):
        encode(new, spec, unseen="other")
    spec = infer_columns(frame, unseen="other")
    assert spec.columns[0].categories == ("a", "b", "c", "other")
    assert encode(new, spec, unseen="other")[:, 0].tolist() == [0, 3]
    binary = infer_columns(frame.filter(pl.col("x") != "c"), unseen="other")  # gets no third category
    with pytest.raises(InputError, match=r"learn.*data\.unseen=other.*, as kind: categorical and not binary"):
        encode(new, binary, unseen="other")


@pytest.mark.parametrize("name", ["read_csv", "Int65", "__class__", "Decimal(x)"])
def test_a_type_that_is_none_is_refused(name):
    spec = mixed_columns()
    forged = replace(spec, columns=(replace(spec.columns[0], form={"dtype": name}),))
    with pytest.raises(InputError, match=rf"has the type '{re.escape(name)}', which polars does not have"):
        decode(np.zeros((1, 1)), forged)
