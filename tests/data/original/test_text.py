"""Tables of text that come back to the byte."""

import json

import numpy as np
import pytest
from forms import levels_of, restored
from hypothesis import given
from hypothesis import strategies as st

from kvae.data import load_data
from kvae.data.original.fields import Fields
from kvae.data.original.text_files import TextResult
from kvae.data.sources.file import Options
from kvae.errors import InputError

PLAIN = "name,a,b\nx,1,2\ny,3,4\nz,0,1\n"
QUOTED = 'name,a,b\n"x, ""1""",1,"2"\n"two\nlines", 3 ,4\n\'z\',0,1\n'
TABLES = {
    "plain": PLAIN,
    "no end": PLAIN[:-1],
    "windows": PLAIN.replace("\n", "\r\n"),
    "mixed ends": PLAIN.replace("\n", "\r\n", 2),
    "quoted": QUOTED,
    "quoted windows": QUOTED.replace("\n", "\r\n"),
    "forms of numbers": "a,b\n1.50,007\n1.5,7\n+2,1e1\n2.,10\n",
    "spaces": "a, b\n 1,  2\n1 ,2\t\n",
    "comments": "# made by hand\na,b\n1,2\n# between\n\n3,4\n\n# after\n",
    "title": "A table\n\na,b,c\n1,2,3\n4,5,6\n",
    "empty ends": "a,b,\n1,2,\n3,4,\n,,\n",
    "short rows": "a,b,c\n1,2,x\n3,4\n5,6,\n",
    "long rows": "a,b\n1,2,,\n3,4\n",
    "no names": "1,2\n3,4\n",
    "row names": "a,b\nx,1,2\ny,3,4\n",
    "truth": "a,b\ntrue,1\nFalse,2\nTRUE,3\n",
    "excel": "sep=;\na;b\n1;2\n3;4\n",
    "decimal comma": "a;b\n1,0;2\n2,00;4\n",
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "shift_jis")


def there_and_back(path, folder, **keys):
    part = load_data(Options(path=str(path), test_fraction=0.0, **keys), 0, as_came=True).train
    found, form, n_beside = restored(part, folder, levels_of(1000, step=0.5), at_once=2)
    assert found.name == f"x_decompress{path.suffix}"
    return found.read_bytes(), form, n_beside


@pytest.mark.parametrize("name", TABLES)
def test_files_come_back_to_the_byte(tmp_path, name):
    path = tmp_path / "x.csv"
    path.write_bytes(TABLES[name].encode())
    keys = {"columns": ["a", "b"]} if "a" in TABLES[name].partition("1")[0] else {}
    found, form, _ = there_and_back(path, tmp_path, **keys)
    assert found == path.read_bytes()
    assert form.raw_bytes == len(found) - len(form.head["above"])


@pytest.mark.parametrize("ending", [".txt", ".tsv", ".csv"])
@pytest.mark.parametrize("text", ["  1 2\n  3\t 4  \n10 20\n", "1\t2\n3\t4\n10\t20", '"1" 2\n3 "4"\n5 6\n'])
def test_tabs_and_runs_of_spaces_come_back(tmp_path, ending, text):
    path = tmp_path / f"x{ending}"
    path.write_bytes(text.encode())
    assert there_and_back(path, tmp_path)[0] == text.encode()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "shift_jis"]
)
@pytest.mark.parametrize("names", ["name,a\n", ""])
def test_encodings_come_back(tmp_path, encoding, names):
    word = "\u30a2" if encoding == "shift_jis" else "\xe4"
    path = tmp_path / "x.csv"
    path.write_bytes(f"{names}{word},1\n{word}{word},2\n".encode(encoding))
    keys = {"encoding": encoding} if encoding in ("utf-16-le", "shift_jis", "utf-32") else {}
    found, _, _ = there_and_back(path, tmp_path, columns=[1], header=bool(names), **keys)
    assert found == path.read_bytes()


def test_an_encoding_that_writes_other_bytes_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b'n,a\n\x1b$B$"\x1b(B\x1b(B,1\n')  # the sign for Latin letters comes twice
    with pytest.raises(InputError, match="encoding=iso2022_jp its text is not written as the same bytes"):
        there_and_back(path, tmp_path, columns=["a"], encoding="iso2022_jp")


@pytest.mark.parametrize("split", ["last", "spread"])
def test_some_rows_come_back_under_the_names(tmp_path, split):
    rows = [f"{i % 7},row {i},{i % 3}\n" for i in range(40)]
    path = tmp_path / "x.csv"
    path.write_text("a,id,b\n" + "".join(rows))
    config = Options(path=str(path), id_column="id", test_fraction=0.25, split=split, limit=36)
    data = load_data(config, 0, as_came=True)
    kept = np.flatnonzero(data.held_out)
    assert len(kept) == 9
    found, form, _ = restored(data.test, tmp_path, at_once=4)
    assert found.read_text() == "a,id,b\n" + "".join(rows[i] for i in kept)
    assert len(form.maps) == 1 and len(json.dumps(form.to_json())) < 350
    whole, _, _ = restored(data.everything, tmp_path, at_once=100)
    assert whole.read_text() == "a,id,b\n" + "".join(rows[:36])


def test_a_learnt_order_of_columns_does_not_change_the_files(tmp_path):
    (tmp_path / "learnt.csv").write_text("a,b\n1,2\n3,4\n")
    (tmp_path / "x.csv").write_text("b,more,a\n5,x,6\n7,y,8\n")
    learnt = load_data(Options(path=str(tmp_path / "learnt.csv"), test_fraction=0.0), 0).spec
    config = Options(path=str(tmp_path / "x.csv"), test_fraction=None)
    part = load_data(config, 0, learnt, as_came=True).everything
    np.testing.assert_array_equal(part.x, [[6, 5], [8, 7]])
    assert restored(part, tmp_path)[0].read_bytes() == (tmp_path / "x.csv").read_bytes()


def test_the_most_frequent_form_of_a_number_costs_nothing(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "2.50\n" * 30 + "0\n" * 3 + "2.5\n" + "1\n")
    part = load_data(Options(path=str(path), test_fraction=0.0, header=True), 0, as_came=True).train
    found, form, _ = restored(part, tmp_path, levels_of(6, step=0.5), at_once=100)
    assert found.read_bytes() == path.read_bytes() and form.kept_apart == 1


def test_a_file_that_becomes_shorter_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(PLAIN)
    part = load_data(Options(path=str(path), columns=["a", "b"], test_fraction=0.0), 0, as_came=True).train
    path.write_text(PLAIN[:13])
    with pytest.raises(
        InputError, match=r"x\.csv can no longer be read: its line 3 is missing: the file was changed"
    ):
        restored(part, tmp_path)


@pytest.mark.parametrize(
    ("row", "separator", "fields", "end"),
    [
        ('1, "a,b"\n', ",", ["1", ' "a,b"'], "\n"),
        ("1;2;;\r\n\n# after\n", ";", ["1", "2"], ";;\r\n\n# after\n"),
        ('"a ""b"\t""', "\t", ['"a ""b"', '""'], ""),
        (' 1\t"a b" \n', " ", [" 1", '\t"a b"'], " \n"),
    ],
)
def test_rows_come_apart_where_their_fields_end(row, separator, fields, end):
    assert Fields(separator, 2).parted(row) == (fields, end)


FIELD = st.text(st.sampled_from('ab1. ,;\t"\n\r#\N{SNOWMAN}'), max_size=6)


@given(row=FIELD, separator=st.sampled_from(",;\t "), width=st.integers(1, 4))
def test_whatever_comes_apart_is_put_together_again(row, separator, width):
    fields = Fields(separator, width)
    parted = fields.parted(row)
    if parted is not None:
        assert len(parted[0]) == width and fields.glue.join(parted[0]) + parted[1] == row


HEAD = {"ending": ".csv", "encoding": "utf-8", "separator": ",", "width": 2, "above": "", "end": ""}
HEAD |= {"features": [0]}
FORGED = [
    {"encoding": "rot13"},
    {"encoding": "no such"},
    {"separator": ""},
    {"features": [9]},
    {"width": 0},
    {"ending": ".py"},
    {"above": 3},
]
DAMAGED = [
    "[[],{},{}]",
    "[[[1,2]],{},{}]",
    "{}",
    "[[[1,2]],{},{}",
    '[[["1"]],{},{}]',
    '[[["1","2"]],{"x":""},{}]',
    '[[["1","2"]],{"7":""},{}]',
    '[[["1","2"]],[],{}]',
    '[[["1","2"]],{"0":1},{}]',
]


@pytest.mark.parametrize("change", FORGED)
def test_forged_heads_are_refused(change):
    with pytest.raises(ValueError, match="its form"):
        TextResult(HEAD | change)


@pytest.mark.parametrize("rest", DAMAGED)
def test_rows_that_do_not_fit_are_refused(rest):
    with pytest.raises(ValueError, match="the further columns do not fit the rows"):
        TextResult(HEAD).add(2, [np.array(["1", "2"], object)], rest.encode())
