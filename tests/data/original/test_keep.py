"""Some rows of a piece alone, of every kind of source."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kvae.config import compose
from kvae.data import load_data
from kvae.data.original import result, writer
from kvae.data.original.pandas_frames import FrameRows
from kvae.data.original.writers import suffix

TABLE = pl.DataFrame({"a": [1, 2, 3, 4, 5], "b": [5, 4, 3, 2, 1], "kind": ["x", "y", "x", "z", "ü"]})


def came_from(path):
    config = compose("data=file", f"data.path={path}", "data.label_column=kind", "data.test_fraction=0")
    return load_data(config.data, 0, as_came=True).everything.came


def kept(came, path, keep):
    original, (piece,) = came.original, came.pieces(100)
    whole = result(original.kind, original.head)
    whole.add(piece.n, piece.values, piece.rest, keep)
    file = path.with_name("x" + suffix(original.kind, original.head))
    file.touch()
    writing = writer(original.kind, original.head, file, piece.n)
    writing.add(piece.n, piece.values, piece.rest, keep)
    writing.finish()
    writing.close()
    return whole.finish(), file


@pytest.mark.parametrize("keep", [slice(1, 4), slice(0, 0), slice(4, 5)])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_of_tables(tmp_path, ending, keep):
    path = tmp_path / f"table.{ending}"
    TABLE.write_csv(path) if ending == "csv" else TABLE.write_parquet(path)
    found, file = kept(came_from(path), path, keep)
    if ending == "csv":
        lines = path.read_bytes().splitlines(keepends=True)
        assert found == file.read_bytes() == b"".join([lines[0], *lines[1:][keep]])
    else:
        assert found.equals(TABLE[keep]) and pl.read_parquet(file).equals(TABLE[keep])


@pytest.mark.parametrize("fortran", [False, True])
def test_rows_of_arrays(tmp_path, fortran):
    x = np.arange(60, dtype=np.int16).reshape(20, 3)
    np.save(tmp_path / "x_in.npy", np.asfortranarray(x) if fortran else x)
    config = compose("data=file", f"data.path={tmp_path}/x_in.npy", "data.test_fraction=0", "data.columns=[2,0]")
    came = load_data(config.data, 0, as_came=True).everything.came
    found, file = kept(came, tmp_path / "x_in.npy", slice(5, 9))
    for rows in (found, np.load(file)):
        np.testing.assert_array_equal(rows, x[5:9])
        assert rows.dtype == x.dtype


def test_rows_of_frames():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": pd.array([1, None, 3], dtype="Int8"), "c": ["x", None, "y"]})
    rows = FrameRows(frame, [0])
    (piece,) = rows.pieces(range(3), 9)
    holder = result(rows.kind, rows.head)
    holder.add(piece.n, piece.values, piece.rest, slice(1, 3))
    pd.testing.assert_frame_equal(holder.finish().reset_index(drop=True), frame[1:].reset_index(drop=True))
