"""What float32 does not hold of a table is said, or refused."""

import datetime

import numpy as np
import polars as pl
import pytest

from kvae.data.table import encode, infer_columns
from kvae.errors import InputError

N = 60


def told(values):
    frame = pl.DataFrame({"a": values, "b": np.arange(N) % 7})
    words = []
    x = encode(frame, infer_columns(frame), told=words)
    return words, x[:, 0]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (2**53 + 1001 * np.arange(N), " is learnt as 9007199254740992"),
        (100_000_001 + np.arange(N) * 7919 % 1000, " is learnt as 1000"),
        (np.round(1_234_567.01 + np.arange(N) * 7.37, 2), "too many digits for float32 and are rounded: 123"),
        (
            [datetime.datetime(2010, 1, 1) + datetime.timedelta(seconds=7_654_321 * i) for i in range(N)],
            "rounded to float32, by up to",
        ),
        (np.append(1e-300, np.exp(np.arange(N - 1))), "'a': numbers nearer to 0 than 1e-38"),
    ],
    ids=["beyond 2^53", "beyond 2^24", "cents", "seconds over years", "near 0"],
)
def test_digits_that_are_lost_are_said(values, text):
    words, x = told(values)
    assert len(words) == 1 and text in words[0]
    assert "near" not in text or x[0] > 0


@pytest.mark.parametrize(
    "values",
    [
        np.arange(N) * 1000,
        np.round(np.arange(N) * 0.37, 2),
        np.random.default_rng(0).normal(size=N),
        [datetime.date(1900 + i, 1, 1) for i in range(N)],
        np.append(0.0, np.exp(np.arange(N - 1))),
    ],
    ids=["integers", "cents", "no decimals", "dates", "zero"],
)
def test_of_what_is_held_nothing_is_said(values):
    assert told(values)[0] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (1e9 + np.arange(N) / 3, "by up to 20, and their standard deviation is only 5.8: subtract a"),
        (
            1.7e12 + 1000 * np.arange(N),
            "by up to 3.9e+04, and their standard deviation is only 1.7e+04: subtract a",
        ),
    ],
    ids=["floats", "milliseconds"],
)
def test_numbers_that_float32_hardly_tells_apart_are_said(values, words):
    frame, told, coarse = pl.DataFrame({"a": values, "b": np.arange(N) % 7}), [], []
    encode(frame, infer_columns(frame), told=told, coarse=coarse)
    (found,) = coarse
    assert told == [] and found.startswith(f"'a': float32 rounds its numbers {words}")
    frame = pl.DataFrame({"a": values - np.median(values), "b": np.arange(N) % 7})
    encode(frame, infer_columns(frame), coarse=coarse)
    assert len(coarse) == 1


def test_numbers_that_are_all_too_small_or_too_large_are_refused():
    with pytest.raises(
        InputError, match=r"column 'a' holds 1e-300 in row 0 and 59 more: numbers must be at least"
    ):
        told((1 + np.arange(N) / 10) * 1e-300)
    with pytest.raises(InputError, match=r"column 'a' holds 1e\+300 in row 0 and 59 more: .* at most 3\.4e\+38"):
        told((1 + np.arange(N) / 10) * 1e300)


def test_ids_with_gaps_are_ids():
    frame = pl.DataFrame({"id": [None if i % 7 == 0 else 5 * i for i in range(N)], "b": np.arange(N) % 7})
    assert [one.name for one in infer_columns(frame).left_out] == ["id"]
