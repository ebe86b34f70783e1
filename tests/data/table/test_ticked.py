"""Boxes that are ticked or not: columns with one value, or none."""

import numpy as np
import polars as pl
import pytest

from kvae.data.table import decode, encode, infer_columns
from kvae.data.table.filling import open_to_fill

N = 60
FRAME = pl.DataFrame(
    {
        "news": [None if i % 3 else "x" for i in range(N)],
        "one": [1 if i % 4 else None for i in range(N)],
        "yes": [True if i % 5 else None for i in range(N)],
        "same": ["k"] * N,
        "age": [20.5 + i % 7 for i in range(N)],
        "sex": [None if i == 3 else "mf"[i % 2] for i in range(N)],
    }
)


@pytest.mark.parametrize("missing", ["ignore", "learn"])
def test_where_boxes_are_ticked_is_learnt(missing):
    spec = infer_columns(FRAME, missing=missing)
    assert [one.name for one in spec.left_out] == ["same"]
    ticked = spec.columns[:3]
    assert [one.categories for one in ticked] == [("x",), ("1",), ("true",)]
    assert all((one.kind, one.missing, one.n_categories) == ("categorical", "learn", 1) for one in ticked)
    assert spec.columns[spec.place("sex")].missing == missing
    assert decode(encode(FRAME, spec), spec).equals(FRAME.drop("same"))


def test_one_column_alone_may_be_left_out(tmp_path):
    (tmp_path / "columns.yaml").write_text("columns: {news: {missing: ignore}, yes: {leave_out: true}}\n")
    spec = infer_columns(FRAME, columns_file=tmp_path / "columns.yaml")
    assert spec.names == ("one", "age", "sex")
    assert [(one.name, one.kind, one.why) for one in spec.left_out] == [
        ("news", "constant", "it is always x, or missing"),
        ("yes", "constant", "data.columns_file leaves it out"),
        ("same", "constant", "it is always k"),
    ]


@pytest.mark.parametrize("value", ["x", None])
def test_boxes_that_are_not_ticked_are_not_filled(value):
    spec = infer_columns(FRAME, missing="learn")
    came = open_to_fill(FRAME.with_columns(sex=pl.lit(value)), spec)
    x = encode(FRAME, spec)
    gaps = came.gaps(x)
    assert not gaps[:, :3].any() and gaps[:, spec.place("sex")].sum() == 1
    assert came.filled(came.frame, gaps, np.zeros_like(x)).select("news", "one", "yes").equals(FRAME[:, :3])
    assert {"news", "one", "yes"} <= set(came.gaps_that_stay())
