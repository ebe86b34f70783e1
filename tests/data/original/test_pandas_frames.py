"""DataFrames of pandas, taken apart and put together again."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kvae.data.original.pandas_frames import FrameResult, FrameRows
from kvae.data.original.writers import result, writer
from kvae.errors import InputError

FRAME = pd.DataFrame(
    {
        "text": ["x", None, float("nan")],
        "small": pd.array([1, None, 3], dtype="Int8"),
        "string": pd.array(["q", None, "r"], dtype="string"),
        "maybe": pd.array([True, None, False], dtype="boolean"),
        "objects": pd.Series(["x", None, np.nan], dtype=object),
        "float": [1.5, np.nan, -0.0],
        "learnt": np.array([1, 2, 3], np.uint8),
        "time": pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
        "span": pd.to_timedelta([1, 2, None], unit="s"),
        "learnt too": pd.array([1, 2, 3], dtype="Int16"),
    }
)


def there_and_back(frame, features, at_once=2):
    rows = FrameRows(frame, features)
    holder = result(rows.kind, json.loads(json.dumps(rows.head)))
    for piece in rows.pieces(range(len(frame)), at_once):
        assert [column.shape for column in piece.values] == [(piece.n,)] * len(features)
        holder.add(piece.n, piece.values, piece.rest)
    return holder.finish()


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.iloc[:0],
        FRAME.iloc[::-1],
        FRAME.set_index("string"),
        FRAME.set_index("time"),
        FRAME.set_index(pd.Index([3, 4, 9], name=7)),
        FRAME.rename_axis("row"),
    ],
    ids=["all types", "no rows", "backwards", "text index", "time index", "numbers", "named"],
)
def test_a_frame_comes_back(frame):
    features = [list(frame.columns).index(name) for name in ("learnt too", "learnt")]
    found = there_and_back(frame, features)
    assert_frame_equal(found, frame, check_column_type=True, check_index_type=True)
    assert [type(value) for value in found["objects"]] == [type(value) for value in frame["objects"]]


@pytest.mark.parametrize(
    "categories",
    [
        pd.Categorical(["b", None, "a"]),
        pd.Categorical(["b", "a", "b"], categories=["c", "b", "a"], ordered=True),
        pd.Categorical([3, 1, None], categories=np.array([3, 2, 1], np.int16)),
        pd.Categorical([1.5, 2.5, 1.5]),
        pd.Categorical([None, None, None]),
    ],
)
def test_categories_come_back_with_their_order(categories):
    frame = FRAME.assign(kind=categories)
    found = there_and_back(frame, [6])
    assert_frame_equal(found, frame, check_categorical=True)
    assert found["kind"].cat.categories.equals(frame["kind"].cat.categories)
    assert found["kind"].dtype == frame["kind"].dtype


@pytest.mark.parametrize("columns", [None, [3, 5, 4], ["a", "b", "c"], [1, "b", "c"]])
def test_names_of_columns_come_back(columns):
    frame = pd.DataFrame(np.arange(6, dtype=np.int16).reshape(2, 3), columns=columns)
    assert_frame_equal(there_and_back(frame, [0, 1, 2]), frame, check_column_type=True)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (FRAME.assign(kind=pd.period_range("2020", periods=3, freq="Y")), r"drop others.*Received: kind \(period"),
        (FRAME.assign(kind=pd.Categorical(pd.to_datetime(["2020-01-01"] * 3))), "categories of type datetime64"),
        (
            FRAME.assign(zone=pd.to_datetime(["2020-01-01"] * 3).tz_localize("UTC")),
            r"zone \(datetime64\[us, UTC\]\)",
        ),
        (FRAME.set_axis(pd.CategoricalIndex(["a"] * 3)), r"the index \(category\)"),
        (FRAME.set_index(["text", "small"]), r"several levels.*reset_index"),
        (FRAME.rename(columns={"text": 1.5}), "neither text nor whole numbers"),
        (FRAME.assign(objects=[[1], 2, 3]), "other objects in its column objects"),
    ],
)
def test_what_could_not_come_back_is_refused_by_name(frame, words):
    with pytest.raises(ValueError, match=words):
        list(FrameRows(frame, [6]).pieces(range(3), 10))


HEAD = FrameRows(FRAME[["learnt", "text"]], [0]).head


@pytest.mark.parametrize(
    "more",
    [
        {"types": ["uint8"]},
        {"types": ["uint8", "category"]},
        {"types": ["uint8", "category"], "categories": {"1": {"values": 3}}},
        {"types": ["uint8", "S100000000"]},
        {"features": [2]},
        {"features": [-1]},
        {"columns": [[], "text"]},
        {"index": {}},
        {"index": {"from": [0]}},
        {"index": {"from": [0, 2**70]}},
        {"index": {"type": "category"}},
        {"index": {"from": [0, 1], "name": [1]}},
    ],
)
def test_a_forged_head_is_refused(more):
    with pytest.raises(ValueError, match=r"its form|must be"):
        FrameResult(HEAD | more)


@pytest.mark.parametrize("rest", [b"", b"\1" + bytes(7) + b"[", b"\3" + bytes(7) + b"[1]x", bytes(8), b"\xff" * 9])
def test_forged_rows_are_refused(rest):
    with pytest.raises(ValueError, match=r"cut off|must be text of 1 rows|Expecting"):
        FrameResult(HEAD).add(1, [np.array([1], np.uint8)], rest)
    whole = next(FrameRows(FRAME[["learnt", "text"]], [0]).pieces(range(1), 1)).rest
    with pytest.raises(ValueError, match="more bytes than the further columns"):
        FrameResult(HEAD).add(1, [np.array([1], np.uint8)], whole + b"x")


def test_no_file_holds_it(tmp_path):
    with pytest.raises(InputError, match=r"is restored in Python: kvae\.uses\.decompress"):
        writer("pandas", HEAD, tmp_path / "x", 1)
