"""Odd and wrong tables as files: each is read as it is meant, or refused in a sentence that says what to do."""

import gzip

import numpy as np
import polars as pl
import pytest

from kvae.data.table import decode, write_table
from kvae.data.table.columns_file import read_columns_file
from kvae.data.table.inferring import Wishes
from kvae.data.table.whole import read_whole
from kvae.data.text import TextFormat
from kvae.errors import InputError

N = 60
ODD_NAMES = 'a.b,"q""x",größe=1,"new\nline",[z]'
NBSP = "\N{NO-BREAK SPACE}"


def rows(line, head="a,b", n=N):
    return "\n".join([head, *map(line, range(n)), ""])


def read(path, learnt=None, signs=None, columns_file=None, **wishes):
    said = None if columns_file is None else read_columns_file(columns_file)
    return read_whole(str(path), Wishes(**wishes, said=said), TextFormat(missing=signs), learnt)


def csv(tmp_path, content, name="x.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def number(i):
    """A number with a fraction, different in each row."""
    return f"{(i * 37 % 61) / 4 + 0.25:.2f}"


# What each column is taken for, `-` where it is left out; the first values as they are written back.
READ = {
    "two rows": ("a,b\n1,x\n2,y\n", "binary binary", ["1,x", "2,y"]),
    "a column without names": (rows(lambda i: f"{i},{i % 3},{number(i)}", ",b,c"), "- count continuous", None),
    "an empty column": (rows(lambda i: f"{number(i)},"), "continuous -", None),
    "German numbers": (
        rows(lambda i: f"{i % 9 + 1}.234,{i % 10}5;{i % 4}", "a;b"),
        "continuous count",
        ["1234.05,0", "2234.15,1"],
    ),
    "line ends in quotes": (rows(lambda i: f'"on\n{i % 3}",{number(i)}'), "categorical continuous", None),
    "a byte order mark": (rows(lambda i: f"{number(i)},{i % 4}").encode("utf-8-sig"), "continuous count", None),
    "UTF-16": (rows(lambda i: f"{number(i)},{'öäü'[i % 3]}").encode("utf-16"), "continuous categorical", None),
    "Latin-1": (rows(lambda i: f"{number(i)},{'öäü'[i % 3]}").encode("latin-1"), "continuous categorical", None),
    "separators at the ends": (rows(lambda i: f"{number(i)},{i % 4},", "a,b,"), "continuous count -", None),
    "rows that are too short": (
        rows(lambda i: f"{number(i)},{i % 4}" + ("" if i == 5 else f",{number(i + 3)}"), "a,b,c"),
        "continuous count continuous",
        None,
    ),
    "blank lines": (rows(lambda i: f"{number(i)},{i % 4}\n"), "continuous count", None),
    "truth values in five ways": (
        rows(
            lambda i: ",".join(
                pair[i * (k + 3) // 4 % 2]
                for k, pair in enumerate([("yes", "no"), ("TRUE", "FALSE"), ("1", "0"), ("Y", "N"), ("t", "f")])
            ),
            "a,b,c,d,e",
        ),
        "binary binary binary binary binary",
        ["yes,true,1,Y,t"],
    ),
    "numbers around which signs stand": (
        rows(lambda i: f'{i % 50 + 0.5}%,"$1,{i + 100}.25",{number(i)} kg', "a,b,c"),
        "continuous continuous continuous",
        ['0.5%,"$1,100.25",0.25 kg'],
    ),
    "names with all signs": (
        rows(lambda i: f"{number(i)},{i % 4},{number(i)},{i % 3},{i % 5 * i}", ODD_NAMES),
        "continuous count continuous count count",
        None,
    ),
    "300 columns": (
        rows(lambda i: ",".join(number(i + k) for k in range(300)), ",".join(f"c{k}" for k in range(300))),
        " ".join(["continuous"] * 300),
        None,
    ),
    "categories that differ in spaces": (
        rows(lambda i: f"{['x', 'x  y', 'x y', ' x'][i % 4]},{number(i)}"),
        "categorical continuous",
        None,
    ),
    "codes with zeros in front": (
        rows(lambda i: f"0{i % 7}123,{number(i)}", "zip,b"),
        "categorical continuous",
        ["00123,0.25"],
    ),
    "an id with gaps": (rows(lambda i: f"{3 * i if i % 7 else ''},{number(i)}", "id,b"), "- continuous", None),
    "minus zero": (rows(lambda i: f"{'-0.0' if i % 2 else '0.0'},{number(i)}"), "- continuous", None),
    "one column": (rows(number, "a"), "continuous", ["0.25", "9.5"]),
    "a table of text": (
        rows(lambda i: f"{'xyz'[i % 3]},{'the 1 of 3' if i % 2 else 'the 2 of 3'}"),
        "categorical binary",
        ["x,the 2 of 3"],
    ),
    "times with zones": (
        rows(lambda i: f"2020-01-{i % 28 + 1:02d}T10:00:00+0{i % 3}:00,{i % 4}"),
        "date count",
        None,
    ),
    "dates in one format": (rows(lambda i: f"{i % 28 + 1:02d}.01.2020,{i % 4}"), "date count", ["01.01.2020,0"]),
    "an epidemic of NA": (
        rows(lambda i: f"{'NA' if i % 9 else number(i)},{i % 4}"),
        "continuous count",
        ["0.25,0", ",1"],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_read(name, tmp_path):
    content, kinds, written = READ[name]
    raw = read(csv(tmp_path, content))
    by_name = {column.name: column.kind for column in raw.table.columns}
    assert " ".join(by_name.get(one, "-") for one in raw.table.order) == kinds
    assert raw.x.shape == (len(raw.x), len(by_name)) and len(raw.x) == (2 if name == "two rows" else N)
    assert not np.isinf(raw.x).any()
    write_table(tmp_path / "back.csv", decode(raw.x, raw.table))
    if written is not None:
        lines = (tmp_path / "back.csv").read_text().splitlines()
        assert lines[1 : 1 + len(written)] == written
    # What is written is read as the same rows again.
    again = read(tmp_path / "back.csv", learnt=raw.table)
    np.testing.assert_array_equal(again.x, raw.x)


REFUSED = {
    "nothing": (b"", "cannot be read as .csv: it is empty"),
    "a header alone": ("a,b\n", "holds no rows"),
    "one row": ("a,b\n1,x\n", "no column to learn: a: it is always 1; b: it is always x"),
    "the same in all rows": (rows(lambda i: "1,x"), "no column to learn: a: it is always 1; b: it is always x"),
    "ids and text": (
        rows(lambda i: f"r{i:04d},this is text number {i} of some that nobody else has", "id,t"),
        "no column to learn: id: every row has a different text; t: free text: 60 different texts",
    ),
    "a name twice": (
        rows(lambda i: f"{i % 7},{i % 3},{i % 5}", "a,b,a"),
        "'a' is column 0 and 2 (counted from 0)",
    ),
    "numbers beyond float32": (
        rows(lambda i: f"{1 + i / 10}e300,{i % 4}"),
        "'a' holds 1e+300 in line 2 and 59 more",
    ),
    "numbers below float32": (rows(lambda i: f"{1 + i / 10}e-300,{i % 4}"), "at least 1.2e-38, as float32 can"),
    "infinity": (rows(lambda i: f"{'inf' if i == 4 else number(i)},{i % 4}"), "column 'a' holds inf in line 6"),
    "words among numbers": (
        rows(lambda i: f"{'unknown' if i % 9 == 1 else i * 3},{'NA' if i == 2 else i % 4}"),
        "'unknown' among its numbers (7 such, the first in line 3). If that means a missing value, type "
        "'data.missing_signs=[unknown,NA]'; if all are categories, set it in data.columns_file: columns: "
        "{a: {kind: categorical}}; if neither, correct it",
    ),
    "rows that are too long": (
        rows(lambda i: f"{i},{i % 4}{',7' * (i == 5)}"),
        "line 7 has 3 fields, others have",
    ),
    "an archive": (gzip.compress(b"a,b\n1,2\n"), "it is a gzip archive; unpack it first"),
    "no text": (rows(lambda i: f"{number(i)},x\0{i % 3}"), "it is no text"),
    "quotes that do not end": (rows(lambda i: f"{i},{chr(34) * (i == 7)}x{i % 3}"), "field in line 9 do not end"),
    "days and months alike": (
        rows(lambda i: f"{i % 12 + 1:02d}/{i * 5 % 12 + 1:02d}/2020,{i % 4}"),
        "format may be %d/%m/%Y or %m/%d/%Y. Give it in data.columns_file",
    ),
    "thousands or fractions": (
        rows(lambda i: f"1.{i + 100};{i % 4}", "a;b"),
        "data.decimal=point or data.thousands=point",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(name, tmp_path):
    content, text = REFUSED[name]
    with pytest.raises(InputError) as error:
        read(csv(tmp_path, content))
    assert text in str(error.value) and "\n" not in str(error.value)


def test_a_sign_of_missing_may_be_a_category(tmp_path):
    path = csv(tmp_path, rows(lambda i: f"{['nan', 'NA', 'None', ''][i % 4]},{number(i)}"))
    with pytest.raises(InputError, match="no column to learn"):
        read(path, columns=["a"])
    raw = read(path, signs=("",))
    assert raw.table.columns[0].categories == ("NA", "None", "nan") and np.isnan(raw.x[3::4, 0]).all()


def test_words_among_numbers_are_categories_where_that_is_said(tmp_path):
    path = csv(tmp_path, rows(lambda i: f"{'A' if i % 9 == 1 else i % 30},{number(i)}"))
    (tmp_path / "columns.yaml").write_text("columns: {a: {kind: categorical}}")
    column = read(path, columns_file=tmp_path / "columns.yaml").table.columns[0]
    assert column.kind == "categorical" and {"A", "2", "29"} <= set(column.categories)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("columns: {c: {kind: count}}", r"data\.columns_file=c: .*x\.csv has no such column\. It has 2: a, b"),
        ("columns: {a: {kind: complex}}", r"columns\.a\.kind must be one of .*continuous.*\. Received: 'complex'"),
        ("columns: {a: {kin: count}}", "has the unknown key kin.* Did you mean kind"),
        ("columns: [a]", "must hold only the key `columns:`"),
        ("columns: {a: {kind: count", "cannot be read as YAML"),
        ("columns: {b: {kind: continuous}}", "column 'b' has the kind continuous, but it holds 'x'"),
        ("columns: {a: {leave_out: true}, b: {leave_out: true}}", "no column to learn"),
    ],
)
def test_a_file_of_columns_that_says_something_wrong_is_refused(content, text, tmp_path):
    (tmp_path / "columns.yaml").write_text(content)
    path = csv(tmp_path, rows(lambda i: f"{number(i)},{'xyz'[i % 3]}"))
    with pytest.raises(InputError, match=text):
        read(path, columns_file=tmp_path / "columns.yaml")


def test_labels_may_have_gaps_and_two_values(tmp_path):
    path = csv(tmp_path, rows(lambda i: f"{'' if i % 5 == 0 else 'ab'[i % 2]},{number(i)}", "y,b"))
    raw = read(path, label="y")
    assert set(raw.labels.tolist()) == {"", "a", "b"} and np.isnan(raw.x[::5, 0]).all()
    raw = read(path, label="y", learn_label=False)
    assert raw.table.names == ("b",) and len(raw.labels) == N


LEARNT = rows(lambda i: f"{number(i)},{'xyz'[i % 3]},{i % 4}", "a,b,c")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (rows(lambda i: f"{i % 4},{number(i)},{'xyz'[i % 3]}", "c,a,b"), None),
        (rows(lambda i: f"{number(i)},{'xyz'[i % 3]},{i % 4},9", "a,b,c,d"), None),
        ("a,b,c\n1.5,y,\n,,2\n", None),
        (rows(lambda i: f"{number(i)},{i % 4}", "a,c"), "lacks 1 of the 3 columns that the run learnt: b"),
        (
            rows(lambda i: f"{number(i)},{'xyzw'[i % 4]},{i % 4}", "a,b,c"),
            "'b' holds 'w' in line 5 and 14 more: it",
        ),
        (
            rows(lambda i: f"{'xyz'[i % 3]},x,{i % 4}", "a,b,c"),
            "'x' in line 2 and 59 more: it was learnt as numbers",
        ),
        (rows(lambda i: f"{number(i)},x,{i - 4}", "a,b,c"), "'c' holds -4 in line 2 and 3 more: it was learnt as"),
        (rows(lambda i: f"{number(i)},x,{i / 2}", "a,b,c"), "'c' holds 0.5 in line 3"),
    ],
    ids=["another order", "one more", "gaps", "one less", "unseen", "another type", "below 0", "fractions"],
)
def test_a_second_file_is_read_as_the_first_was(content, text, tmp_path):
    first = read(csv(tmp_path, LEARNT))
    path = csv(tmp_path, content, "second.csv")
    if text is None:
        raw = read(path, learnt=first.table)
        assert raw.columns == ("a", "b", "c")
        if len(raw.x) == N:
            np.testing.assert_array_equal(raw.x, first.x)
        else:
            np.testing.assert_array_equal(raw.x, [[1.5, 1, np.nan], [np.nan, np.nan, 2]])
    else:
        with pytest.raises(InputError) as error:
            read(path, learnt=first.table)
        assert text in str(error.value)


def test_a_category_that_was_never_learnt_is_other_where_that_is_said(tmp_path):
    content = rows(lambda i: f"{number(i)},{'w' if i == 7 else 'xyz'[i % 3]}")
    first = read(csv(tmp_path, content), unseen="other")
    assert first.table.columns[1].categories == ("x", "z", "y", "other")
    second = csv(tmp_path, "a,b\n1,v\n2,z\n", "second.csv")
    np.testing.assert_array_equal(read(second, first.table, unseen="other").x[:, 1], [3, 1])


def test_types_of_a_second_file_may_differ(tmp_path):
    first = read(csv(tmp_path, LEARNT))
    frame = pl.DataFrame({"a": [1, 2], "b": pl.Series(["x", None], dtype=pl.Categorical), "c": [1.0, None]})
    frame.write_parquet(tmp_path / "second.parquet")
    x = read(tmp_path / "second.parquet", learnt=first.table).x
    np.testing.assert_array_equal(x, np.array([[1, 0, 1], [2, np.nan, np.nan]], np.float32))
