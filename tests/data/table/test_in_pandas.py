"""Filled values in columns of pandas."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.data.table.in_pandas import in_pandas
from kvae.errors import InputError

LAST = np.array([False, True])


@pytest.mark.parametrize(
    ("given", "text", "expected"),
    [
        (["no"], "yes", "yes"),
        ([1.5], "8.25", 8.25),
        ([2.0], "8", 8.0),
        ([2], "8.0", 8),
        ([False], "True", True),
        ([False], "true", True),
    ],
)
def test_a_category_that_the_column_lacks_is_added(given, text, expected):
    column = pd.Series(pd.Categorical([*given, None]))
    filled = in_pandas(column, LAST, pl.Series([str(given[0]), text], dtype=pl.Categorical))
    assert filled.tolist() == [*given, expected]
    assert filled.cat.categories.tolist() == [*given, expected]
    assert filled.cat.categories.dtype == column.cat.categories.dtype


def test_an_ordered_column_gets_a_category_in_its_place():
    column = pd.Series(pd.Categorical(["high", None], ["low", "high"], ordered=True))
    done = pl.Series(["high", "medium"], dtype=pl.Enum(["low", "medium", "high"]))
    filled = in_pandas(column, LAST, done)
    assert filled.cat.ordered and filled.cat.categories.tolist() == ["low", "medium", "high"]


def test_a_column_of_nan_is_filled_with_text_and_dates():
    column, both = pd.Series([np.nan, np.nan]), np.array([True, True])
    assert in_pandas(column.copy(), both, pl.Series(["u", "v"])).tolist() == ["u", "v"]
    days = in_pandas(column.copy(), both, pl.Series([dt.datetime(2020, 1, 1), dt.datetime(2021, 1, 1)]))
    assert days.dtype.kind == "M"


def test_a_value_that_the_type_cannot_hold_is_refused():
    with pytest.raises(InputError, match=r"column 'n' cannot be filled: its type Int8 cannot hold 700\. Convert"):
        in_pandas(pd.Series([1, None], dtype="Int8", name="n"), LAST, pl.Series([1, 700]))


@pytest.mark.parametrize("given", [dt.time(5), pd.Timestamp("2020-01-01 05:00"), pd.Interval(0, 1)])
def test_text_is_no_category_beside_times_or_intervals(given):
    column = pd.Series(pd.Categorical([given, None]), name="c")
    done = pl.Series([str(given), "06:00:00"])
    with pytest.raises(InputError, match=r"column 'c' cannot be filled: its type category cannot hold '06:00"):
        in_pandas(column, LAST, done)
    again = in_pandas(column, LAST, pl.Series([str(given), str(given)]))
    assert again.tolist() == [given, given]
