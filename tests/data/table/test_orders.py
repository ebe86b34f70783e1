"""Ordered categoricals of pandas in Parquet: that their order is lost is said where it matters."""

import logging

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.data.inspection import look_at
from kvae.data.parquet import ordered_in_pandas
from kvae.data.table.inferring import Wishes
from kvae.data.table.large import open_large_table
from kvae.data.table.whole import read_whole
from kvae.data.text import TextFormat

N = 60
WORD = (
    "'size' is an ordered categorical of pandas, but its order is not read from a Parquet file. To learn the "
    "order, give it in data.columns_file: columns: {size: {kind: ordinal, categories: [espresso, mug, tub]}}"
)


@pytest.fixture
def path(tmp_path):
    pytest.importorskip("pyarrow", reason="pandas writes Parquet with it")
    sizes = ["espresso", "mug", "tub"]
    frame = {
        "size": pd.Categorical([sizes[i % 3] for i in range(N)], ["tub", "espresso", "mug"], ordered=True),
        "known": pd.Categorical([("low", "medium", "high")[i % 3] for i in range(N)], ordered=True),
        "plain": pd.Categorical([sizes[i % 3] for i in range(N)]),
        "a": np.random.default_rng(0).normal(size=N),
    }
    pd.DataFrame(frame).to_parquet(tmp_path / "x.parquet")
    return str(tmp_path / "x.parquet")


def test_an_order_that_a_file_does_not_give_is_asked_for(path, caplog, tmp_path):
    _, words = look_at(path, Wishes(), TextFormat(), 4)
    assert [one for one in words if "ordered" in one] == [WORD]
    caplog.set_level(logging.INFO, "kvae")
    raw = read_whole(path, Wishes(), TextFormat())
    assert caplog.messages.count(WORD) == 1
    caplog.clear()
    read_whole(path, Wishes(), TextFormat(), raw.table)
    assert WORD not in caplog.messages
    open_large_table(str(tmp_path / "*.parquet"), Wishes(), TextFormat(), 4, 100)
    assert caplog.messages.count(WORD) == 1


def test_metadata_that_pandas_did_not_write_is_left_alone(tmp_path):
    for notes in ({}, {"pandas": "no JSON"}, {"pandas": "[]"}, {"pandas": '{"columns": [1, {"name": "a"}]}'}):
        pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "x.parquet", metadata=notes)
        assert ordered_in_pandas(tmp_path / "x.parquet") == ()
