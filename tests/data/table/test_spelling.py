"""Truth values in text come back as their file spells them."""

import numpy as np
import polars as pl
import pytest

from kvae.data.table import as_spelled, as_written, complete, decode, encode, write_table
from kvae.data.table.inferring import Wishes
from kvae.data.table.spelling import spelling_of
from kvae.data.table.whole import read_whole
from kvae.data.text import TextFormat
from kvae.table import TableSpec


@pytest.mark.parametrize(
    ("texts", "spelling"),
    [
        (["True", None, "False", "true"], ("False", "True")),
        (["TRUE", "TRUE"], ("FALSE", "TRUE")),
        (["true", "FALSE"], ("FALSE", "true")),
        ([None], ("false", "true")),
    ],
)
def test_the_first_spelling_of_each_counts(texts, spelling):
    assert spelling_of(pl.Series(texts, dtype=pl.String)) == spelling


def test_a_file_is_written_as_it_was_read(tmp_path):
    path, again = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("a,b,c,d\nTrue,FALSE,true,True\n,TRUE,false,True\nFalse,FALSE,true,True\n")
    raw = read_whole(str(path), Wishes(), TextFormat())
    spec = TableSpec.from_json(raw.table.to_json())
    write_table(again, as_spelled(complete(raw.x, spec), spec))
    assert again.read_text() == path.read_text()
    frame = decode(raw.x, spec)  # from Python they stay truth values
    assert frame["a"].to_list() == [True, None, False]
    np.testing.assert_array_equal(encode(as_spelled(frame, spec), spec), raw.x)


def test_decimals_have_the_sign_of_the_file(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("a;b;c\nTrue;1,5;2,5\nFalse;2;2,5\nTrue;-0,25;2,5\n")
    raw = read_whole(str(path), Wishes(), TextFormat())
    spec = TableSpec.from_json(raw.table.to_json())
    assert spec == raw.table and (spec.text.separator, spec.text.decimal) == (";", ",")
    written = as_written(complete(raw.x, spec), spec)
    assert written.rows() == [("True", "1,5", "2,5"), ("False", "2,0", "2,5"), ("True", "-0,25", "2,5")]
    (tmp_path / "plain.csv").write_text("a,b\n1,1.5\n2,2.5\n")
    plain = read_whole(str(tmp_path / "plain.csv"), Wishes(), TextFormat()).table
    assert "text" not in plain.to_json()
    frame = pl.DataFrame({"a": [1.5]})
    assert as_written(frame, plain) is frame
