"""DataFrames as people and their programs make them: each is read as it is meant, or refused in a sentence."""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.data.table import decode, encode, in_form_of, infer_columns, read_frame
from kvae.data.table.given import from_given
from kvae.errors import InputError

N = 60
B = np.round(np.random.default_rng(0).normal(size=N), 3)


def there_and_back(frame):
    """The spec of a frame, and whether each learnt column comes back as it was."""
    table = read_frame(frame)
    spec = infer_columns(table)
    back = decode(encode(table, spec), spec)
    return spec, {name: back[name].equals(table[name]) for name in spec.names}, back


def beside(values, dtype=None):
    return pl.DataFrame({"a": pl.Series(values, dtype=dtype), "b": B})


def objects(values):
    return pd.DataFrame({"a": pd.Series(values, dtype=object), "b": B})


def every(*values):
    return [values[i % len(values)] for i in range(N)]


FRAMES = {
    "decimals": (beside([decimal.Decimal(i) / 4 for i in range(N)], pl.Decimal(10, 2)), "continuous"),
    "categories": (beside(every("u", "v", None), pl.Categorical), "binary"),
    "categories of numbers": (beside(every("0", "1", "2", None), pl.Categorical), "categorical"),
    "categories of dates": (
        beside(every("2020-01-01", "2021-06-01", "2022-01-01"), pl.Categorical),
        "categorical",
    ),
    "an order of numbers": (beside(every("10", "5", "20"), pl.Enum(["20", "10", "5"])), "ordinal"),
    "categories of numbers in pandas": (
        pd.DataFrame({"a": pd.Categorical(every(4, 8, 6)), "b": B}),
        "categorical",
    ),
    "an order": (beside(every("lo", "mid", "hi"), pl.Enum(["lo", "mid", "hi"])), "ordinal"),
    "durations": (beside([datetime.timedelta(seconds=90 * i) for i in range(N)]), "date"),
    "times of day": (beside([datetime.time(i % 24, i) for i in range(N)]), "date"),
    "a time zone": (
        beside(
            pl.Series([datetime.datetime(2020, 1, i % 28 + 1) for i in range(N)]).dt.replace_time_zone(
                "Asia/Tokyo"
            )
        ),
        "date",
    ),
    "a date that stands for none": (
        beside([datetime.date(9999, 12, 31), *[datetime.date(2020, 1, i % 28 + 1) for i in range(N - 1)]]),
        "date",
    ),
    "truth values with gaps": (beside(every(True, None, False)), "binary"),
    "small integers": (beside(every(-100, 3, 5, 7, 100), pl.Int8), "continuous"),
    "objects of text": (objects(every("x", "y", None)), "binary"),
    "objects of several types": (objects(every("x", 3, 2.5, None, True)), "categorical"),
    "objects of numbers": (objects([None if i % 7 == 0 else i * 0.5 for i in range(N)]), "continuous"),
    "objects of dates": (objects([datetime.date(2020, 1, i % 28 + 1) for i in range(N)]), "date"),
    "integers with gaps": (pd.DataFrame({"a": pd.array(every(1, 5, 9, None), dtype="Int64"), "b": B}), None),
    "ordered categories": (
        pd.DataFrame({"a": pd.Categorical(every("lo", "hi", "mid"), ["lo", "mid", "hi"], ordered=True), "b": B}),
        "ordinal",
    ),
    "periods": (pd.DataFrame({"a": pd.period_range("2020-01", periods=N, freq="M"), "b": B}), "date"),
    "intervals": (pd.DataFrame({"a": pd.cut(B, 3), "b": B}), "ordinal"),
    "no time": (pd.DataFrame({"a": [pd.NaT, *pd.date_range("2020-01-01", periods=N - 1)], "b": B}), "date"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_comes_back_as_it_was(name):
    frame, kind = FRAMES[name]
    spec, same, _ = there_and_back(frame)
    assert same["a"] and spec.names == ("a", "b")
    assert kind in (None, spec.columns[0].kind)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([[1, 2]] * N, "it holds List, which is not learnt"),
        ([{"x": 1}] * N, "it holds Struct, which is not learnt"),
        (every(b"x", b"y"), "it holds Binary, which is not learnt"),
        ([None] * N, "it has no values"),
    ],
)
def test_what_is_no_single_value_is_left_out_with_a_word(values, why, tmp_path):
    beside(values).write_parquet(tmp_path / "x.parquet")
    spec, _, _ = there_and_back(tmp_path / "x.parquet")
    assert [(one.name, one.why) for one in spec.left_out] == [("a", why)]


@pytest.mark.parametrize("name", ["period", "interval"])
def test_a_type_of_another_library_in_parquet_is_named(name, tmp_path):
    pytest.importorskip("pyarrow", reason="pandas writes Parquet with it")
    values = pd.period_range("2020-01", periods=N, freq="M") if name == "period" else pd.cut(B, 3)
    values = pd.arrays.IntervalArray(values) if name == "interval" else values
    pd.DataFrame({"a": values, "b": B}).to_parquet(tmp_path / "x.parquet")
    spec, _, _ = there_and_back(tmp_path / "x.parquet")
    assert [one.why for one in spec.left_out] == [f"it holds pandas.{name}, which is not learnt"]


@pytest.mark.parametrize(("digits", "scale"), [(5, 2), (10, 2), (18, 4), (4, 4), (38, 9)])
def test_decimals_keep_their_digits_also_where_numbers_are_drawn_beyond(digits, scale):
    values = [decimal.Decimal((i * i) % 89 + 1).scaleb(-scale) for i in range(N)]
    frame = pl.DataFrame({"a": pl.Series(values).cast(pl.Decimal(digits, scale)), "b": B})
    spec = infer_columns(frame)
    x = encode(frame, spec)
    assert decode(x, spec)["a"].dtype == pl.Decimal(digits, scale) and decode(x, spec)["a"].equals(frame["a"])
    far = decode(np.array([[1e30, 0], [-1e30, 0]]), spec)["a"]
    assert far.dtype == frame["a"].dtype and not far.null_count()
    assert far[1] < -max(values) < max(values) < far[0]
    assert pl.concat([frame["a"], far]).dtype == frame["a"].dtype


def test_names_of_columns_are_text_whatever_they_are():
    x = np.random.default_rng(0).normal(size=(N, 2))
    for names, found in (
        ([0, 1], ("0", "1")),
        (pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]), ("a x", "a y")),
        ([1.5, "größe=1.5\n"], ("1.5", "größe=1.5\n")),
    ):
        spec, _, back = there_and_back(pd.DataFrame(x, columns=names))
        assert spec.names == found
        np.testing.assert_allclose(back.to_numpy(), x, rtol=1e-6)


def test_times_with_and_without_a_zone_in_one_column_are_refused():
    times = [pd.Timestamp("2020-01-01 10:00"), pd.Timestamp("2020-01-01 10:00", tz="Europe/Berlin"), None]
    frame = pd.DataFrame({"t": pd.Series(times, dtype=object)})
    with pytest.raises(InputError, match="column 't' holds times with a time zone and times without one: give"):
        from_given(frame)
    assert from_given(frame.iloc[1:])["t"].null_count() == 1


def test_what_is_complex_is_no_number():
    spec, _, _ = there_and_back(pd.DataFrame({"a": B + 1j * B, "b": B}))
    assert [one.name for one in spec.left_out] == ["a"]  # a text per row


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (pd.DataFrame(np.ones((3, 2)), columns=["a", "a"]), "every column once. Received twice: a"),
        (pd.DataFrame(np.ones((3, 2)), columns=[1, "1"]), "every column once, as text. Received: 1, 1"),
        (pl.DataFrame({"a": [1.0]}).lazy(), r"call .collect\(\) first. Received: polars.lazyframe"),
        (pd.Series(B), "a table must be a path or a DataFrame. Received: Series"),
        ({"a": [1]}, "a table must be a path or a DataFrame. Received: dict"),
        (B, "a table must be a path or a DataFrame. Received: ndarray"),
        (pl.DataFrame(), "has no column to learn: it has none"),
        (pl.DataFrame({"a": pl.Series([], dtype=pl.Float64)}), "a: it has no values"),
        (beside(every(1.0, 2.5, np.inf)), "column 'a' holds inf in row 2 and 19 more: numbers must be finite"),
    ],
)
def test_what_is_no_table_is_refused(given, text):
    with pytest.raises(InputError, match=text):
        there_and_back(given)


@pytest.mark.parametrize("rows", [B[:, None], [[1.0]], {"b": [1.0]}])
def test_rows_that_are_no_table_are_refused(rows):
    kind = type(rows)
    with pytest.raises(InputError, match=f"must be a DataFrame. Received: {kind.__module__}.{kind.__name__}"):
        encode(rows, infer_columns(beside(every(1.0, 2.5))))


def test_what_is_decoded_has_the_types_of_the_frame_that_was_read():
    n = 24
    frame = pd.DataFrame(
        {
            "whole": pd.Series([3 * i - 7 for i in range(n)], dtype="int32"),
            "gaps": pd.array([None if i == 3 else 5 * i - 9 for i in range(n)], dtype="Int64"),
            "real": np.linspace(-1, 1, n).round(2),
            "kind": pd.Categorical(["a", "b", "c"] * 8, categories=["c", "b", "a", "z"]),
            "size": pd.Categorical([2, 3, 1] * 8, categories=[1, 2, 3], ordered=True),
            "when": pd.date_range("2020-01-01", periods=n, freq="7D"),
            "flag": [True, False] * 12,
            "text": ["x", "y", None] * 8,
        }
    )
    spec = infer_columns(frame)
    back = in_form_of(decode(encode(frame, spec), spec), frame, spec)
    pd.testing.assert_frame_equal(back, frame, check_freq=False)
    polars = decode(encode(frame[["text", "real"]], two := infer_columns(frame[["text", "real"]])), two)
    assert in_form_of(polars, polars, two) is polars


@pytest.mark.parametrize("name", ["a", "day", "n"])
@pytest.mark.parametrize(
    "values",
    [
        pl.Series([["x"]] * N),
        pl.Series([{"b": 1}] * N),
        pl.Series([object()] * N, dtype=pl.Object),
    ],
    ids=["lists", "structs", "objects"],
)
def test_later_rows_of_lists_or_objects_are_refused(name, values):
    days = ["13/02/2020", "01/02/2020"] * (N // 2)
    frame = pl.DataFrame({"a": ["x", "y"] * (N // 2), "day": days, "n": [i / 4 for i in range(N)]})
    spec = infer_columns(frame)
    later = frame.with_columns(values.alias(name))
    with pytest.raises(
        InputError, match=f"column '{name}' must hold numbers, text or dates, as it was learnt. Rec"
    ):
        encode(later, spec)
    encode(frame.with_columns(pl.Series(name, [None] * N, dtype=pl.List(pl.Int64))), spec)
