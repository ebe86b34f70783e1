import numpy as np
import polars as pl
import pytest

from kvae.data import InputSpec, Scaling
from kvae.data.peek import Columns, peek
from kvae.data.sources import digits, file, table
from kvae.table import Column, TableSpec

NAMED = InputSpec((2,), Scaling(), "none", ("a", "b"))
NAMELESS = InputSpec((2,), Scaling(), "none")
FRAME = pl.DataFrame({"b": [1.0, 2.0], "k": ["x", "y"], "a": [3.0, 4.0]})


def config(path, **keys):
    return file.Options(path=str(path), **keys)


def test_columns_are_seen_without_reading_the_rows(tmp_path):
    FRAME.write_csv(tmp_path / "x.csv")
    FRAME.write_parquet(tmp_path / "x.parquet")
    for name in ("x.csv", "x.parquet", "*.parquet"):
        assert peek(config(tmp_path / name)) == Columns(("b", "k", "a"), 3)
    np.save(tmp_path / "x.npy", np.ones((4, 5)))
    assert peek(config(tmp_path / "x.npy")) == Columns(None, 5)
    (tmp_path / "y.csv").write_text(";a\n0;1,5\n1;2,5\n")
    assert peek(config(tmp_path / "y.csv")) == Columns(("Unnamed: 0", "a"), 2, (0,))
    (tmp_path / "twice.csv").write_text(",Unnamed: 0,a\n0,4,1.5\n1,7,2.5\n")
    assert peek(config(tmp_path / "twice.csv")) == Columns(("Unnamed: 0.1", "Unnamed: 0", "a"), 3, (0, 1))
    (tmp_path / "z.csv").write_text("1,2\n3,4\n")
    assert peek(config(tmp_path / "z.csv")) == Columns(None, 2)


def test_of_many_columns_those_that_differ_are_named():
    assert Columns(("b", "k"), 2).unlike(config("x.csv"), NAMED) == "columns a (there) k (here)"
    assert Columns(("b",), 1).unlike(config("x.csv"), NAMED) == "columns a (there) none of them (here)"


def test_what_cannot_be_seen_is_left_to_whoever_reads_it(tmp_path):
    (tmp_path / "x.parquet").write_text("PAR1 torn")
    for one in (config("none.csv"), config(tmp_path / "x.parquet"), digits.Options(), file.Options()):
        assert peek(one) is None


@pytest.mark.parametrize(
    ("columns", "keys", "spec", "fits"),
    [
        (Columns(("b", "k", "a"), 3), {}, NAMED, True),
        (Columns(("b", "k", "c"), 3), {}, NAMED, False),
        (Columns(("b", "a"), 2), {"columns": ["a"]}, NAMED, False),
        (Columns(None, 2), {}, NAMED, True),
        (Columns(None, 3), {}, NAMED, False),
        (Columns(None, 3), {"label_column": 0}, NAMED, True),
        (Columns(("c", "d"), 2), {}, NAMELESS, True),
        (Columns(("Unnamed: 0", "c", "d"), 3, (0,)), {}, NAMELESS, True),
        (Columns(("c", "d", "e"), 3), {}, NAMELESS, False),
        (Columns(("c", "d", "e"), 3), {"id_column": "e"}, NAMELESS, True),
    ],
)
def test_what_fits_a_learnt_run(columns, keys, spec, fits):
    differs = columns.unlike(config("x.csv", **keys), spec)
    assert (differs is None) == fits
    if not fits:
        assert "(there)" in differs and "(here)" in differs


def test_what_fits_a_learnt_table():
    learnt = InputSpec((2,), Scaling(), "none", ("a", "k"), TableSpec((column("a"), column("k"))))
    mixed = table.Options(path="x.csv", label_column="k")
    assert Columns(("k", "b", "a"), 3).unlike(mixed, learnt) is None
    assert Columns(("a", "b"), 2).unlike(mixed, learnt) is None  # labels may be lacking
    assert Columns(("k", "b"), 2).unlike(mixed, learnt) == "columns a (there) not in x.csv (here)"
    assert (
        Columns(("a", "k"), 2).unlike(config("x.csv"), learnt) == "columns of any kinds (there) of numbers (here)"
    )
    assert Columns(("a", "b"), 2).unlike(mixed, NAMED) == "columns of numbers (there) of any kinds (here)"


def column(name):
    return Column(name, "continuous", {"name": "gaussian"})
