"""Tables as people and their programs write them: the values, names and words that each gives, or the refusal."""

import json
import logging

import numpy as np
import polars as pl
import pytest

from kvae.data import load_data
from kvae.data.dataset import read_raw
from kvae.data.sources import file
from kvae.data.text import TextFormat, read_text
from kvae.errors import InputError

AB = ("a", "b")
NBSP = "\u00a0"

# name: content, keys, values, names, what the log must say
READ = {
    "semicolons": ("a;b\n1;2\n3;4\n", {}, [[1, 2], [3, 4]], AB, ""),
    "decimal commas": ("a;b\n1,5;2,25\n3;4,125\n", {}, [[1.5, 2.25], [3, 4.125]], AB, "'1,5' in column 'a'"),
    "a decimal comma after 0": ("a;b\n0,125;2\n", {}, [[0.125, 2]], AB, "data.decimal=comma"),
    "commas that the user calls decimal": ("a;b\n1,500;2\n", {"decimal": "comma"}, [[1.5, 2]], AB, ""),
    "commas that the user calls thousands": ("a;b\n1,500;2\n", {"thousands": "comma"}, [[1500, 2]], AB, ""),
    "decimal commas in quotes": ('a,b\n"1,5",2\n"3,25",4\n', {}, [[1.5, 2], [3.25, 4]], AB, "data.decimal=comma"),
    "points between thousands": (
        "a;b\n1.234,5;2\n12.345.678,25;4\n",
        {},
        [[1234.5, 2], [12345678.25, 4]],
        AB,
        "data.decimal=comma data.thousands=point",
    ),
    "commas between thousands": (
        'a,b\n"1,234.5",2\n"12,345,678",4\n',
        {},
        [[1234.5, 2], [12345678, 4]],
        AB,
        "data.decimal=point data.thousands=comma",
    ),
    "three digits after a point": ("a,b\n1.234,2\n", {}, [[1.234, 2]], AB, ""),
    "points that the user calls decimal": ("a;b\n1.234;2\n", {"decimal": "point"}, [[1.234, 2]], AB, ""),
    "points that the user calls thousands": ("a;b\n1.234;2\n", {"thousands": "point"}, [[1234, 2]], AB, ""),
    "points among semicolons": ("a;b\n1.234;0.5\n", {}, [[1.234, 0.5]], AB, ""),
    "a point before three digits after 0": ("a;b\n1.234;2\n-0.125;2\n", {}, [[1.234, 2], [-0.125, 2]], AB, ""),
    "a printed minus": ("a;b\n\u22121,5;2\n", {}, [[-1.5, 2]], AB, "data.decimal=comma"),
    "a column named by a sign": ("#,name,x\n1,p,0.5\n2,q,0.7\n", {"label_column": "name"}, [[0.5], [0.7]], ("x",),
                                "'#'"),
    "names in a comment above numbers that count": ("# a b c\n0 1 2\n3 7 9\n", {}, [[0, 1, 2], [3, 7, 9]],
                                                    ("a", "b", "c"), ""),
    "a name that is a year among others": ("a,b,2001\n1,2,3\n4,5,6\n", {}, [[1, 2, 3], [4, 5, 6]],
                                           ("a", "b", "2001"), ""),
    "a row that begins as scikit-learn's counts do": ("9,3,red,big\n8,3,red,big\n", {"columns": [0, 1]},
                                                      [[9, 3], [8, 3]], None, ""),
    "0 and 1 that may be a row": ("0,1\n7,0\n1,1\n", {}, [[0, 1], [7, 0], [1, 1]], None, "type data.header=true"),
    "0 and 1 above fractions": ("0,1\n0.5,0\n1,1\n", {}, [[0.5, 0], [1, 1]], ("0", "1"), "type data.header=false"),
    "wavelengths that may be a row": ("400.5,401,401.5\n1,2,4\n", {}, [[400.5, 401, 401.5], [1, 2, 4]], None,
                                      "type data.header=true"),
    "wavelengths beside a name": ("kind,400,402,404\nx,1,2,4\ny,4,2,1\n", {"label_column": "kind"},
                                  [[1, 2, 4], [4, 2, 1]], ("400", "402", "404"), "data.header=false"),
    "names in a comment above text": ("#chrom,pos,x\nc1,5,0.5\nc2,6,0.7\n", {"label_column": "chrom"},
                                      [[5, 0.5], [6, 0.7]], ("pos", "x"), ""),
    "spaces between thousands": (
        f"a;b\n1 234,5;2\n2{NBSP}345,5;4\n",
        {"thousands": "space", "decimal": "comma"},
        [[1234.5, 2], [2345.5, 4]],
        AB,
        "",
    ),
    "apostrophes between thousands": (
        "a,b\n1'234.5,2\n",
        {"thousands": "apostrophe"},
        [[1234.5, 2]],
        AB,
        "",
    ),
    "exponents with decimal commas": ("a;b\n1,5e3;2\n-2,5E-1;4\n", {}, [[1500, 2], [-0.25, 4]], AB, "comma"),
    "one column of decimal commas": ("a\n1,5\n2,5\n", {"separator": "semicolon", "decimal": "comma"},
                                     [[1.5], [2.5]], ("a",), ""),
    "latin-1": ("größe,b\n1,2\n".encode("latin-1"), {}, [[1, 2]], ("größe", "b"), "is not UTF-8: its text"),
    "another encoding, typed": ("ήπ,b\n1,2\n".encode("cp1253"), {"encoding": "cp1253"}, [[1, 2]], ("ήπ", "b"), ""),
    "UTF-16": ("größe,b\n1,2\n".encode("utf-16"), {}, [[1, 2]], ("größe", "b"), ""),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), {}, [[1, 2]], AB, ""),
    "UTF-16, the other way round": ("a,b\n1,2\n".encode("utf-16-be"), {}, [[1, 2]], AB, ""),
    "a mark and quotes": ('\ufeff"a","b"\n1,2\n', {}, [[1, 2]], AB, ""),
    "units below the names": ("a,b\n°C,bar\n20.5,1\n21,2\n", {}, [[20.5, 1], [21, 2]], AB, "line 2 holds units"),
    "columns of two levels": (
        "k,a,a\n,x,y\n0,1,2\n1,3,4\n",
        {},
        [[0, 1, 2], [1, 3, 4]],
        ("k", "a x", "a y"),
        "lines 1 and 2 name the columns together",
    ),
    "an empty column": ("a,e,b\n1,,2\n3,NA,4\n", {}, [[1, 2], [3, 4]], AB, "without any value are left out: e"),
    "separators at the ends": ("a,b,\n1,2,\n3,4,\n", {}, [[1, 2], [3, 4]], AB, ""),
    "separators at the ends of rows": ("a,b\n1,2,\n3,4,\n", {}, [[1, 2], [3, 4]], AB, ""),
    "comments": ("# by a program\n# of 2 lines\na,b\n1,2\n# so\n3,4\n", {}, [[1, 2], [3, 4]], AB, "left out: 1"),
    "names in a comment": ("# a,b\n1,2\n3,4\n", {}, [[1, 2], [3, 4]], AB, ""),
    "a first cell that begins with #": ("name,x\n#REF!,0.5\nq,0.7\n", {"label_column": "name"}, [[0.5], [0.7]],
                                        ("x",), ""),
    "a comment below the names": ("a,b\n# so\n1,2\n3,4\n", {}, [[1, 2], [3, 4]], AB, ""),
    "blank lines": ("\n\na,b\n\n1,2\n\n\n3,4\n\n", {}, [[1, 2], [3, 4]], AB, ""),
    "quoted numbers": ('"a","b"\n"1","2.5"\n', {}, [[1, 2.5]], AB, ""),
    "spaces around": ('a , "b"\n 1 ,  2.5\n', {}, [[1, 2.5]], AB, ""),
    "mixed ends of lines": (b"a,b\r\n1,2\n3,4\r5,6\r\n", {}, [[1, 2], [3, 4], [5, 6]], AB, ""),
    "ends of lines of old": (b"a,b\r1,2\r3,4\r", {}, [[1, 2], [3, 4]], AB, ""),
    "a line end in a name": ('"a\nx",b\n1,2\n', {}, [[1, 2]], ("a x", "b"), ""),
    "truth values": ("a,b\nTrue,2\nFALSE,4\n", {}, [[1, 2], [0, 4]], AB, ""),
    "tabs in a csv": ("a\tb\n1\t2\n", {}, [[1, 2]], AB, ""),
    "bars": ("a|b\n1|2\n", {}, [[1, 2]], AB, ""),
    "runs of spaces": ("a b\n1  2\n 3 \t4 \n", {}, [[1, 2], [3, 4]], AB, ""),
    "text with as many spaces in each row": ("a,b\n" + "1,of 1 2 3 4 5\n" * 12, {"columns": ["a"]}, [[1]] * 12,
                                             ("a",), ""),
    "another sign": ("a^b\n1^2\n", {"separator": "^"}, [[1, 2]], AB, ""),
    "what Excel takes a separator from": ("sep=;\na;b\n1;2\n", {}, [[1, 2]], AB, ""),
    "a title above": ("My data,,\n\na,b,c\n1,2,3\n", {}, [[1, 2, 3]], ("a", "b", "c"), "line 1 is left out"),
    "rows that Excel left behind": ("a,b\n1,2\n,\n,\n", {}, [[1, 2]], AB, "at the end are left out: 2"),
    "names that are numbers": ("2000,2001,x\n1,2,3\n", {"columns": [2001]}, [[2]], ("2001",), ""),
    "years that may be a row": ("2000,2001,2002\n1,2,4\n", {}, [[2000, 2001, 2002], [1, 2, 4]], None,
                                "type data.header=true"),
    "pandas' numbers for names": ("0,1,2\n1.5,2,3\n", {}, [[1.5, 2, 3]], ("0", "1", "2"), "data.header=false"),
    "a row that counts": ("0,1,2\n3,4,5\n", {}, [[0, 1, 2], [3, 4, 5]], None, ""),
    "years beside a name": ("land,2001,2002\nMali,1.5,2\nChad,3,4\n", {"label_column": "land"}, [[1.5, 2], [3, 4]],
                            ("2001", "2002"), "data.header=false"),
    "rows with labels and no names": ("5.1,3.5,s\n4.9,3,s\n7,3.2,v\n", {"label_column": 2},
                                      [[5.1, 3.5], [4.9, 3], [7, 3.2]], None, ""),
    "scikit-learn's counts": ("3,2,no,yes\n1,2,0\n3,4,1\n5,6,0\n", {"label_column": 2}, [[1, 2], [3, 4], [5, 6]],
                              None, "line 1 holds the numbers of rows and columns"),
    "columns of one name that are not learnt": ("a,b,a\n1,2,3\n", {"columns": [0, 1]}, [[1, 2]], AB, ""),
}  # fmt: skip

REFUSED = {
    "a comma that is either": (
        "a;b\n1,500;2\n",
        {},
        "in '1,500' in column 'a' the comma can be a decimal sign or stand between thousands. Type "
        "data.decimal=comma or data.thousands=comma",
    ),
    "a point that is either": (
        "a;b\n1.500;2\n12.000;4\n",
        {},
        "in '1.500' in column 'a' the point can be a decimal sign or, as often in files with semicolons, "
        "stand between thousands. Type data.decimal=point or data.thousands=point",
    ),
    "spaces between thousands, not said": (
        "a;b\n1 234,5;2\n2 345;4\n",
        {},
        "'1 234,5' in column 'a' seems to have a sign between thousands. Type data.thousands=space "
        "data.decimal=comma",
    ),
    "apostrophes between thousands, not said": (
        "a,b\n1'234.5,2\n2'345,4\n",
        {},
        "\"1'234.5\" in column 'a' seems to have a sign between thousands. Type data.thousands=apostrophe",
    ),
    "two notations": (
        "a;b\n1,5;2\n1;2.5\n",
        {},
        "writes numbers in two ways: '1,5' in column 'a', '2.5' in column",
    ),
    "thousands that are none": ("a;b\n1,5;2\n", {"thousands": "comma"}, "column 'a' holds '1,5' in line 2"),
    "one sign for two": ("a;b\n1;2\n", {"thousands": "comma", "decimal": "comma"}, "must differ. Received: both"),
    "all bad columns at once": (
        "t,a,b,u\n\nx,1,2,3 %\ny,3,4,4\nz,5,6,7\n",
        {},
        "must hold numbers, but column 't' holds 'x' in line 3 and 2 more; column 'u' holds '3 %' in line 3. "
        "You can learn the other columns with data.columns=[a,b] or change them to numbers in the file",
    ),
    "a currency": ("a,b\n$5,2\n3,4\n", {}, "column 'a' holds '$5' in line 2."),
    "a number of Python's": ("a,b\n1_000,2\n3,4\n", {}, "column 'a' holds '1_000' in line 2."),
    "a Fortran exponent": ("a,b\n1d3,2\n3,4\n", {}, "column 'a' holds '1d3' in line 2."),
    "infinity": (
        "a,b\n1,2\n3,inf\n",
        {},
        "Received: inf in row 1, column 1 (counted from 0; named 'b'; line 3 of",
    ),
    "question marks": (
        "a,b\n1,?\n\n?,2\n3,\n",
        {},
        "nan in row 0, column 1 (counted from 0; named 'b'; line 2 of the file), and 2 more. By column: 'a' 1, "
        "'b' 2",
    ),
    "typed signs of missing values": ("a,b\n-999,1\n-,2\n3,-999.0\n", {"missing": [-999, "-"]}, "'a' 2, 'b' 1"),
    "columns of one name": ("a,b,a\n1,2,3\n", {}, "'a' is column 0 and 2 (counted from 0)"),
    "a longer row": ("a,b\n1,2\n1,2,3\n", {}, "cannot be read as .csv: line 3 has 3 fields, others have 2"),
    "a shorter row": (
        "a,b\n1,2\n3\n",
        {},
        "nan in row 1, column 1 (counted from 0; named 'b'; line 3 of the file)",
    ),
    "quotes that do not end": ('a,b\n1,"2\n3,4\n', {}, "the quotes of a field in line 2 do not end"),
    "commas that part too much": ("a\n1,5\n2,5\n", {}, "type data.separator=semicolon data.decimal=comma"),
    "a first line that is either": (
        "5.1,3.5,s\n7,3.2,v\n",
        {"label_column": 2},
        "the first line (5.1, 3.5, s) may name the columns or be a row. Type data.header=true or "
        "data.header=false",
    ),
    "signs of missing values that are no units": ("a,b\n-,-\n1,2\n3,4\n", {}, "column 'a' holds '-' in line 2"),
    "a slip in the first row": ("abc,5.1,3.5\n1,2,3\n", {}, "(abc, 5.1, 3.5) may name the columns or be a row"),
    "an encoding that is none": (
        "a,b\n1,2\n",
        {"encoding": "utf-99"},
        "data.encoding must be one that Python knows",
    ),
    "fractions without a name": (
        ",a\n0.5,1\n0.7,2\n",
        {},
        "the first column has no name and holds fractions. Name it",
    ),
}


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A function that writes `x.csv` and gives the config that reads it."""
    monkeypatch.chdir(tmp_path)

    def write(content, name="x.csv", **keys):
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return file.Options(path=name, test_fraction=0.0, **keys)

    return write


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_read(table, caplog, name):
    content, keys, values, names, word = READ[name]
    caplog.set_level(logging.INFO, "kvae")
    raw = read_raw(table(content, **keys))
    np.testing.assert_array_equal(raw.x, values)
    assert raw.columns == names
    assert word in caplog.text
    if not word:
        assert not caplog.text


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_named(table, name):
    content, keys, message = REFUSED[name]
    with pytest.raises(InputError) as caught:
        load_data(table(content, **keys), 0)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_quick_way_gives_what_the_careful_one_gives(table, monkeypatch):
    from kvae.data.text import rows

    x = np.random.default_rng(0).normal(size=(1000, 3)) * 10.0 ** np.arange(-3, 3, 2)
    lines = [",".join([*map(repr, row), "ab"[i % 2]]) for i, row in enumerate(x.tolist())]
    config = table("u,v,w,k\n" + "\n".join(lines) + "\n", label_column="k")
    quick = read_raw(config)
    careful_calls = []
    careful = rows.read_with_care
    monkeypatch.setattr(rows, "read_plain", lambda *_: None)
    monkeypatch.setattr(rows, "read_with_care", lambda *a: (careful_calls.append(a), careful(*a))[1])
    slow = read_raw(config)
    assert careful_calls
    np.testing.assert_array_equal(quick.x, x)
    np.testing.assert_array_equal(slow.x, quick.x)
    assert list(slow.labels) == list(quick.labels) and list(slow.lines) == list(quick.lines)


@pytest.mark.parametrize(
    "content",
    [
        "a,b,c\n1,,x\n,2,y\n3,4,\n5\n6,7\n",
        "a,b,c\n1,,x\n,,\n3,4,y\n",
        "a,b,c\n1,,x\n\n3,4,y\n",
        "a,b,c\n1,,x\n , ,\n3,4,y\n,,\n",
        "a;b\n1;\n;2\n",
        "a\n1\n\n2\n",
    ],
)
def test_the_quick_way_reads_gaps_as_the_careful_one(tmp_path, monkeypatch, content):
    from kvae.data.text import rows

    (tmp_path / "x.csv").write_text(content)
    quick = read_text(tmp_path / "x.csv", TextFormat())
    monkeypatch.setattr(rows, "read_plain", lambda *_: None)
    slow = read_text(tmp_path / "x.csv", TextFormat())
    assert quick.frame.fill_null("").equals(slow.frame.fill_null(""))
    assert quick.words == slow.words
    assert list(quick.lines) == list(slow.lines) and quick.names == slow.names


@pytest.mark.parametrize(
    "content, said",
    [
        ("a,b,c\n1,2,3\n4\n5,6,7\n", "line 3 has 1 field, others have 3; fields lacking"),
        (
            "a,b,c\n1,2,3\n\n4,5\n6,7,8\n9\n",
            "others have 3; fields lacking at the end are missing values. Lines with fewer fields: 2",
        ),
        ('a;b;c\n"1";2;3\n4;5\n', "line 3 has 2 fields, others have 3; fields lacking"),
        ("a,b,c\n1,2,\n,,3\n\n4,5,6\n,,\n", None),
        ("a,b,c\n1,2,3,\n4,5,6,\n", None),
    ],
)
def test_rows_with_fewer_fields_are_told_of(tmp_path, content, said):
    (tmp_path / "x.csv").write_text(content)
    words = [word for word in read_text(tmp_path / "x.csv", TextFormat()).words if "others have" in word]
    assert len(words) == (said is not None)
    assert said is None or said in words[0]


@pytest.mark.parametrize(
    ("content", "n"),
    [("a,b\n1,2\n,\n3,4\n,\n,\n\n", 2), ("a,b\n1,2\n3,4\n\n\n", None), ("a,b\n1,2\n,\n3,4\n", None)],
    ids=["separators", "empty lines", "in the middle"],
)
def test_rows_without_values_at_the_end_are_told_of(tmp_path, content, n):
    (tmp_path / "x.csv").write_text(content)
    words = [
        word for word in read_text(tmp_path / "x.csv", TextFormat()).words if "at the end are left out" in word
    ]
    assert [word.rpartition(": ")[2] for word in words] == ([] if n is None else [str(n)])


def test_rows_of_a_large_file_are_all_there(table):
    rows = "".join(f"{i},\n" if i == 30_000 else f"{i},{i + 0.5}\n" for i in range(45_000))
    raw = read_raw(table("a,b\n" + rows))
    np.testing.assert_array_equal(raw.x[:, 0], np.arange(45_000))
    assert np.flatnonzero(np.isnan(raw.x[:, 1])).tolist() == [30_000]
    assert raw.lines[30_000] == 30_002


def test_keys_of_text_are_refused_for_other_files(tmp_path, table):
    np.save(tmp_path / "x.npy", np.ones((4, 2)))
    config = file.Options(path="x.npy", decimal="comma", separator="tab")
    with pytest.raises(
        InputError, match=r"data\.separator and data\.decimal can be set for \.txt, \.csv, \.tsv only\. Received"
    ):
        load_data(config, 0)


@pytest.mark.parametrize("options", [{}, {"index": False}, {"sep": ";", "decimal": ","}, {"quoting": 1},
                                     {"encoding": "utf-16"}, {"encoding": "utf-8-sig"}, {"float_format": "%.6e"},
                                     {"lineterminator": "\r\n"}, {"index_label": "index"},
                                     {"sep": "\t"}])  # fmt: skip
def test_what_pandas_writes(tmp_path, monkeypatch, options):
    pandas = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(30, 2)).round(4)
    frame = pandas.DataFrame(x, columns=["a", "höhe"]).sample(frac=1, random_state=0)
    if "index_label" in options:
        frame = frame.sort_index()
    frame.to_csv("x.csv", **options)
    raw = read_raw(file.Options(path="x.csv"))
    np.testing.assert_allclose(raw.x, frame.to_numpy(), rtol=1e-5)
    assert raw.columns == ("a", "höhe")
    if options.get("index") is not False:
        assert raw.ids.tolist() == [str(i) for i in frame.index]


def test_what_pandas_writes_to_parquet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "__index_level_0__": [7, 3]})
    frame.write_parquet("x.parquet")
    for memory in (4.0, 0.0):
        raw = read_raw(file.Options(path="x.parquet", memory=memory))
        np.testing.assert_array_equal(raw.x[:], [[1, 3], [2, 4]])
        assert raw.columns == AB and raw.ids.tolist() == ["7", "3"]


def test_an_index_that_pandas_notes_in_parquet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pl.DataFrame({"a": [1.0, 2.0], "t": [0.5, 0.7]})
    frame.write_parquet("x.parquet", metadata={"pandas": json.dumps({"index_columns": ["t"]})})
    raw = read_raw(file.Options(path="x.parquet"))
    assert raw.columns == ("a",) and raw.ids.tolist() == ["0.5", "0.7"] and raw.id_name == "t"
