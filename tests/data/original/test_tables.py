"""Parquet files that come back with the same values, types, columns and notes."""

import datetime
import decimal
import json

import numpy as np
import polars as pl
import pytest
from forms import restored
from polars.testing import assert_frame_equal

from kvae.data import load_data
from kvae.data.original.tables import TableResult, TableRows
from kvae.data.sources.file import Options
from kvae.errors import InputError

N = 60
LEARNT = ["u8", "i16", "truth", "f32", "money", "huge"]


def table() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    day = datetime.datetime(2020, 1, 1)
    berlin = pl.Series([day, None] * (N // 2)).dt.replace_time_zone("Europe/Berlin")
    return pl.DataFrame(
        {
            "id": [f"row {i}" for i in range(N)],
            "u8": pl.Series(rng.integers(0, 256, N), dtype=pl.UInt8),
            "kind": pl.Series(rng.choice(["x", "y"], N), dtype=pl.Categorical),
            "i16": pl.Series(rng.integers(0, 9, N), dtype=pl.Int16),
            "truth": rng.integers(0, 2, N).astype(bool),
            "few": pl.Series(["a", None] * (N // 2), dtype=pl.Enum(["b", "a"])),
            "f32": pl.Series(rng.integers(0, 5, N), dtype=pl.Float32),
            "money": pl.Series([decimal.Decimal(int(i)) for i in rng.integers(0, 4, N)], dtype=pl.Decimal(5, 2)),
            "huge": pl.Series(rng.integers(0, 4, N), dtype=pl.Int128),
            "when": [day] * N,
            "there": berlin,
            "gaps": [None, 1.5, float("nan"), -0.0] * (N // 4),
            "list": [[1], None, []] * (N // 3),
            "pair": [{"a": 1, "b": "x"}] * N,
            "bytes": [b"", b"\x00\xff", None] * (N // 3),
        }
    )


def loaded(path, **keys):
    """The rows of a file, as they came."""
    return load_data(Options(path=str(path), **{"test_fraction": 0.0} | keys), 0, as_came=True)


@pytest.mark.parametrize("memory", [4.0, 0.0])
@pytest.mark.parametrize("split", ["all", "test"])
def test_a_parquet_file_comes_back(tmp_path, memory, split):
    frame = table()
    frame.write_parquet(tmp_path / "x.parquet", metadata={"mine": "\N{SNOWMAN}"}, row_group_size=16)
    config = Options(
        path=str(tmp_path / "x.parquet"), columns=LEARNT, label_column="kind", memory=memory, test_fraction=0.3
    )
    data = load_data(config, 0, as_came=True)
    part, expected = (data.everything, frame) if split == "all" else (data.test, frame[42:])
    path, form, n_beside = restored(part, tmp_path)
    back = pl.read_parquet(path)
    assert path.name == "x_decompress.parquet" and back.schema == expected.schema
    assert_frame_equal(back, expected, check_exact=True)
    assert np.signbit(back["gaps"].to_numpy()).tolist() == np.signbit(expected["gaps"].to_numpy()).tolist()
    assert pl.read_parquet_metadata(path)["mine"] == "\N{SNOWMAN}"
    assert n_beside and form.raw_bytes > 0 and "notes" in form.words[0]
    assert {one.name for one in tmp_path.iterdir()} == {"x.parquet", "x_decompress.parquet"}


def test_a_table_that_is_learnt_whole_has_nothing_beside(tmp_path):
    frame = table().select("i16", "u8")
    frame.write_parquet(tmp_path / "x.parquet")
    part = load_data(
        Options(path=str(tmp_path / "x.parquet"), columns=["u8", "i16"], test_fraction=0.0), 0, as_came=True
    ).train
    path, form, n_beside = restored(part, tmp_path)
    assert_frame_equal(pl.read_parquet(path), frame, check_exact=True)
    assert n_beside == 0 and len(json.dumps(form.to_json())) < 230


def test_spread_rows_of_a_file_in_memory_come_back(tmp_path):
    frame = table()
    frame.write_parquet(tmp_path / "x.parquet")
    data = loaded(tmp_path / "x.parquet", columns=["u8"], test_fraction=0.3, split="spread")
    path, _, _ = restored(data.test, tmp_path, at_once=5)
    assert_frame_equal(pl.read_parquet(path), frame.filter(pl.Series(data.held_out)), check_exact=True)


def test_several_files_come_back_as_one_with_the_columns_of_the_first(tmp_path):
    frame = table()
    frame[:20].write_parquet(tmp_path / "a.parquet")
    frame[20:].select(reversed(frame.columns)).write_parquet(tmp_path / "b.parquet")
    path, _, _ = restored(loaded(tmp_path / "?.parquet", columns=["u8", "f32"]).train, tmp_path)
    assert_frame_equal(pl.read_parquet(path), frame, check_exact=True)


def test_files_of_different_types_are_refused(tmp_path):
    frame = table()
    frame[:20].write_parquet(tmp_path / "a.parquet")
    frame[20:].with_columns(pl.col("id").str.len_chars()).write_parquet(tmp_path / "b.parquet")
    part = loaded(tmp_path / "?.parquet", columns=["u8", "f32"]).train
    with pytest.raises(InputError, match=r"id is of type UInt32 in b\.parquet, of String in a\.parquet"):
        restored(part, tmp_path)


def test_pandas_finds_its_index_again(tmp_path):
    notes = {"index_columns": ["id"], "columns": [], "pandas_version": "3.0"}
    table().write_parquet(tmp_path / "x.parquet", metadata={"pandas": json.dumps(notes)})
    part = load_data(
        Options(path=str(tmp_path / "x.parquet"), columns=["u8"], test_fraction=0.0), 0, as_came=True
    ).train
    path, _, _ = restored(part, tmp_path)
    assert json.loads(pl.read_parquet_metadata(path)["pandas"]) == notes
    assert part.ids[3] == "row 3"


@pytest.mark.parametrize(
    "change",
    [{"types": ["Object"]}, {"types": ["Int8", "Int8"]}, {"features": [7]}, {"columns": "a"}, {"notes": {"a": 1}}],
)
def test_forged_heads_are_refused(change):
    with pytest.raises(ValueError, match="its form"):
        TableResult({"columns": ["a", "b"], "types": ["Int8"], "features": [0]} | change)


def test_rows_that_do_not_fit_are_refused():
    rows = TableRows("x", table().select("id", "u8").lazy(), [1])
    (piece,) = rows.pieces(range(N), N)
    for n, values, rest in (
        (N, piece.values, b"xx"),
        (N, piece.values, b""),
        (3, piece.values, piece.rest),
        (N, [], piece.rest),
    ):
        with pytest.raises(ValueError, match="do not fit the rows"):
            TableResult(rows.head).add(n, values, rest)
