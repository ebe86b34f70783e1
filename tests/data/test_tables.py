import re

import numpy as np
import polars as pl
import pytest

from kvae.data.tables import read_labels, read_table
from kvae.errors import InputError

X = np.array([[1.5, 2.0, 3.0], [4.0, 5.25, 6.0]])
CSV = "1.5,2.0,3.0\n4.0,5.25,6.0\n"


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
    return str(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", CSV),
        ("x.csv", "a,b,c\n" + CSV),
        ("x.csv", '"a","b","c"\n' + CSV),
        ("x.csv", "\ufeffa,b,c\n" + CSV),
        ("x.tsv", CSV.replace(",", "\t")),
        ("x.txt", "# a b c\n" + CSV.replace(",", " ")),
        ("name with spaces, é.csv", CSV),
    ],
)
def test_text_is_read_with_and_without_header(tmp_path, name, content):
    np.testing.assert_array_equal(read_table(write(tmp_path, name, content)).x, X)


def test_a_header_of_numbers_can_be_forced(tmp_path):
    path = write(tmp_path, "x.csv", "1,2,3\n" + CSV)
    assert read_table(path).x.shape == (3, 3)
    assert read_table(path, header=True).x.shape == (2, 3)


def test_npy_is_memory_mapped_and_any_order_of_bytes_is_read(tmp_path):
    for i, array in enumerate([X, np.asfortranarray(X), X.astype(">f8"), X.astype(np.float16)]):
        np.save(tmp_path / f"{i}.npy", array)
        raw = read_table(str(tmp_path / f"{i}.npy"))
        assert isinstance(raw.x, np.memmap)
        np.testing.assert_array_equal(raw.x, X)


def test_npz_takes_an_array_and_its_labels(tmp_path):
    path = str(tmp_path / "x.npz")
    np.savez(path, images=X, labels=[3, 4], speech=X)
    raw = read_table(path, key="images", label_column="labels")
    np.testing.assert_array_equal(raw.x, X)
    np.testing.assert_array_equal(raw.labels, [3, 4])
    with pytest.raises(
        InputError, match=r"holds the arrays images, labels, speech: choose one with data.key=NAME"
    ):
        read_table(path)
    with pytest.raises(InputError, match=r"data.key=image: .* It holds: images, labels, speech"):
        read_table(path, key="image")


def test_parquet_and_columns_by_name_and_number(tmp_path):
    path = str(tmp_path / "x.parquet")
    pl.DataFrame({"a": [1.5, 4.0], "kind": ["big", "small"], "c": [3, 6]}).write_parquet(path)
    raw = read_table(path, label_column="kind")
    np.testing.assert_array_equal(raw.x, [[1.5, 3], [4, 6]])
    assert list(raw.labels) == ["big", "small"]
    np.testing.assert_array_equal(read_table(path, columns=["c", 0]).x, [[3, 1.5], [6, 4]])


@pytest.mark.parametrize("name", ["x.csv", "x.npy", "x.txt"])
def test_columns_and_labels_by_number(tmp_path, name):
    path = tmp_path / name
    np.save(path, X) if name == "x.npy" else np.savetxt(path, X, delimiter="," if name == "x.csv" else " ")
    raw = read_table(str(path), columns=[2], label_column=0)
    np.testing.assert_array_equal(raw.x, X[:, [2]])
    np.testing.assert_array_equal(raw.labels, X[:, 0])


def test_missing_fields_are_nan(tmp_path):
    x = read_table(write(tmp_path, "x.csv", "a,b\n1,\nNA,2\n")).x
    np.testing.assert_array_equal(x, [[1, np.nan], [np.nan, 2]])
    ragged = read_table(write(tmp_path, "x.csv", "1,2\n3\n")).x
    np.testing.assert_array_equal(ragged, [[1, 2], [3, np.nan]])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("l.txt", "3\n4\n", [3, 4]), ("l.csv", "big\nsmall", ["big", "small"]), ("l.txt", "1.5\n2\n", [1.5, 2])],
)
def test_labels_from_a_file_of_their_own(tmp_path, name, content, expected):
    assert list(read_labels(write(tmp_path, name, content))) == expected


def test_labels_from_npy(tmp_path):
    np.save(tmp_path / "l.npy", [1, 2])
    assert list(read_labels(str(tmp_path / "l.npy"))) == [1, 2]
    np.save(tmp_path / "l.npy", X)
    with pytest.raises(InputError, match=r"one label per row. Received: shape \(2, 3\)"):
        read_labels(str(tmp_path / "l.npy"))


@pytest.mark.parametrize(
    ("name", "reader"), [("x.xlsx", "read_excel"), ("x.csv.gz", "read_csv"), ("x.dta", "read_stata")]
)
def test_a_table_that_pandas_reads_is_told_how_to_convert(tmp_path, name, reader):
    path = str(tmp_path / name)
    (tmp_path / name).write_bytes(b"PK")
    how = f"Convert it, for example with pandas.{reader}({path!r}).to_csv('x.csv', index=False)"
    with pytest.raises(InputError, match=f"{re.escape(how)}$"):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("x.dat", CSV, {}, "the ending must be one of .npy, .npz.*Received: '.dat'$"),
        ("x.txt", "1 2\n3\n", {}, "x.txt cannot be read as .txt: line 2 has 1 fields"),
        ("x.csv", "", {}, "x.csv cannot be read as .csv"),
        ("x.csv", "a,b\n1,big\n2,small\n", {}, "column 'b' holds 'big' in line 2 and 1 more.*data.label_column=b"),
        ("x.csv", b"a,b\n1,\xff\xfe\n", {}, "x.csv"),
        ("x.csv", CSV, {"columns": ["z"]}, "data.columns=z: .* no such column. It has 3"),
        ("x.csv", CSV, {"label_column": 3}, "data.label_column=3: .* no such column. It has 3"),
        ("x.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'", {}, "x.npy cannot be read as .npy"),
        ("x.npy", b"", {}, "x.npy cannot be read as .npy"),
        ("x.npz", b"PK\x03\x04 torn", {}, "x.npz cannot be read as .npz"),
        ("x.parquet", b"PAR1 torn", {}, "x.parquet cannot be read as .parquet"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path, name, content, options, message):
    with pytest.raises(InputError, match=message) as caught:
        read_table(write(tmp_path, name, content), **options)
    assert "\n" not in str(caught.value)


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"cannot be read as \.npy"):
        read_table(str(tmp_path / "x.npy"))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"data\.path=none\.csv does not exist \(looked in"):
        read_table("none.csv")
    with pytest.raises(InputError, match=r"is a folder; for a folder of images, type data=images"):
        read_table(str(tmp_path))
