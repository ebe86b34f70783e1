"""Columns that number or name the rows, and rows whose labels are missing."""

import logging

import numpy as np
import polars as pl
import pytest

from kvae.data import InputSpec, Scaling, load_data
from kvae.data.dataset import normal_rows, read_raw
from kvae.data.labels import has_label, label_names, tidy_labels
from kvae.data.sources import file
from kvae.data.table import read_frame
from kvae.errors import InputError
from kvae.metrics import are_classes, clustering_metrics, confusion

X = [[1.5, 2.0], [3.0, 4.5], [5.0, 6.0]]

INDEX = {
    "a nameless one": ("", ["0", "1", "2"]),
    "of rows in another order": ("", ["7", "1", "5"]),
    "of rows from several tables": ("", ["0", "1", "0"]),
    "of names": ("", ["Rome", "Paris", "Oslo"]),
    "of dates": ("", ["2020-01-01", "2020-01-02", "2020-01-03"]),
    "as pandas reads it": ("Unnamed: 0", ["4", "3", "9"]),
    "as pandas reads it twice": ("Unnamed: 0.1", ["0", "1", "2"]),
    "numbers by name": ("index", ["3", "5", "8"]),
    "R's": ("rownames", ["1", "2", "3"]),
}


def write(folder, names, columns, name="x.csv"):
    rows = [",".join(names), *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    (folder / name).write_text("\n".join([*rows, ""]))
    return str(folder / name)


def table(folder, name, ids):
    return write(folder, [name, "a", "b"], [ids, *zip(*X, strict=True)])


@pytest.mark.parametrize("case", INDEX)
def test_what_numbers_the_rows_is_not_learnt_but_names_them(tmp_path, caplog, case):
    name, ids = INDEX[case]
    caplog.set_level(logging.INFO, "kvae")
    raw = read_raw(file.Options(path=table(tmp_path, name, ids)))
    np.testing.assert_array_equal(raw.x, X)
    assert raw.columns == ("a", "b") and raw.ids.tolist() == ids and raw.id_name == (name or "id")
    assert "columns that number or name the rows are not learnt" in caplog.text


def test_an_index_that_was_written_twice_has_two_names(tmp_path, caplog):
    path = write(tmp_path, ["", "Unnamed: 0", "a"], [["0", "1", "2"], ["7", "1", "5"], ["1.5", "3.0", "5.0"]])
    raw = read_raw(file.Options(path=path))
    assert raw.columns == ("a",) and raw.ids.tolist() == ["0", "1", "2"]
    learnt = InputSpec((2,), Scaling(), "none", ("Unnamed: 0.1", "a"))
    assert load_data(file.Options(path=path), 0, learnt).train.x[2].tolist() == [2.0, 5.0]
    assert read_frame(path).columns == ["Unnamed: 0.1", "Unnamed: 0", "a"]
    path = write(tmp_path, ["a", "", "Unnamed: 1", "Unnamed: 1.1"], [["1"], ["2"], ["3"], ["4"]])
    assert read_frame(path).columns == ["a", "Unnamed: 1.2", "Unnamed: 1", "Unnamed: 1.1"]


@pytest.mark.parametrize("ids", [["3", "1", "2"], ["0.5", "1.5", "2.5"], ["-1", "0", "1"]])
def test_a_named_column_is_learnt_unless_it_counts_the_rows(tmp_path, ids):
    raw = read_raw(file.Options(path=table(tmp_path, "index", ids)))
    assert raw.columns == ("index", "a", "b") and raw.ids is None


def test_an_index_is_learnt_where_it_is_asked_for(tmp_path):
    path = table(tmp_path, "", ["0", "1", "2"])
    assert read_raw(file.Options(path=path, columns=["Unnamed: 0", "a"])).columns == ("Unnamed: 0", "a")
    learnt = InputSpec((3,), Scaling(), "none", ("Unnamed: 0", "a", "b"))
    assert load_data(file.Options(path=path), 0, learnt).train.x[2].tolist() == [2.0, 5.0, 6.0]


@pytest.mark.parametrize("column", ["b", 1])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("memory", [4.0, 0.0])
def test_a_column_of_ids_is_not_learnt(tmp_path, column, ending, memory):
    path = tmp_path / f"x.{ending}"
    frame = pl.DataFrame({"a": [1.5, 2.5], "b": ["x7", "x9"], "c": [3.0, 4.0]})
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    raw = read_raw(file.Options(path=str(path), id_column=column, memory=memory))
    np.testing.assert_array_equal(raw.x[:], [[1.5, 3], [2.5, 4]])
    assert raw.ids.tolist() == ["x7", "x9"] and raw.id_name == "b"


def test_ids_of_an_array(tmp_path):
    np.save(tmp_path / "x.npy", np.array([[7, 0.5], [9, 1.5]]))
    for memory in (4.0, 0.0):
        raw = read_raw(file.Options(path=str(tmp_path / "x.npy"), id_column=0, memory=memory))
        assert raw.x[:].tolist() == [[0.5], [1.5]] and raw.ids.tolist() == ["7", "9"]


def test_a_column_that_seems_to_number_the_rows_is_spoken_of(tmp_path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    path = write(tmp_path, ["key", "a"], [range(100, 120), np.linspace(0, 1, 20)])
    assert read_raw(file.Options(path=path)).columns == ("key", "a")
    assert "key seems to number the rows; if so, type data.id_column=key" in caplog.text
    assert read_raw(file.Options(path=path, id_column="key")).columns == ("a",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["x", "", "y"], ["x", "", "y"]),
        (["1", "", "2"], ["1", "", "2"]),
        (np.array([1.0, np.nan, 2.0]), ["1", "", "2"]),
        (np.array([1, None, 2], object), ["1", "", "2"]),
        (np.array(["a", None], object), ["a", ""]),
        ([1, 2], [1, 2]),
        (["1.0", "2.0"], [1.0, 2.0]),
        ([" x ", "y"], ["x", "y"]),
        (["", ""], ["", ""]),
    ],
)
def test_missing_labels_stay_missing(values, expected):
    labels = tidy_labels(values)
    assert labels.tolist() == expected
    assert has_label(labels).tolist() == [value != "" for value in expected]


def test_measurements_among_which_some_are_missing_stay_numbers():
    labels = tidy_labels(["1.5", "", "2"])
    np.testing.assert_array_equal(labels, [1.5, np.nan, 2.0])
    assert has_label(labels).tolist() == [True, False, True] and not are_classes(labels)
    assert label_names(np.array([1.0, np.nan])).tolist() == ["1", ""]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_truth_values_are_the_labels_0_and_1(tmp_path, ending):
    frame = pl.DataFrame({"a": [0.5, 1.5, 2.0], "fraud": [True, False, None]})
    for rows, expected in ((slice(2), [1, 0]), (slice(3), ["1", "0", ""])):
        path = tmp_path / f"x.{ending}"
        frame[rows].write_csv(path) if ending == "csv" else frame[rows].write_parquet(path)
        for memory in (4.0, 0.0):
            raw = read_raw(file.Options(path=str(path), label_column="fraud", memory=memory))
            assert raw.labels.tolist() == expected


@pytest.mark.parametrize("ending", ["csv", "parquet", "labels"])
@pytest.mark.parametrize("memory", [4.0, 0.0])
def test_rows_without_labels_are_no_class(tmp_path, ending, memory, caplog):
    caplog.set_level(logging.INFO, "kvae")
    frame = pl.DataFrame({"a": [0.0, 0.1, 0.2, 0.3], "b": [0.0, 1.0, 0.0, 1.0], "k": ["x", None, "y", None]})
    options = {} if ending == "labels" else {"label_column": "k"}
    path = tmp_path / ("x.parquet" if ending == "parquet" else "x.csv")
    if ending == "labels":
        (tmp_path / "k.txt").write_text("x\n\ny\n\n")
        options["labels"] = str(tmp_path / "k.txt")
        frame = frame.drop("k")
    frame.write_parquet(path) if ending == "parquet" else frame.write_csv(path)
    config = file.Options(path=str(path), test_fraction=0.0, memory=memory, **options)
    part = load_data(config, 0).train
    assert part.labels.tolist() == ["x", "", "y", ""]
    assert "2 of 4 rows have no label" in caplog.text
    if memory:
        assert len(normal_rows(part, file.Options(normal_label="x"))) == 1
    with pytest.raises(InputError, match=r"no learning row has this label\. The labels are: x, y"):
        normal_rows(part, file.Options(normal_label="None"), some=True)


def test_what_labels_measure_leaves_rows_without_them_out():
    classes, labels = np.array([0, 0, 1, 1, 2]), np.array(["a", "", "b", "b", ""])
    assert clustering_metrics(classes, labels) == clustering_metrics(classes[[0, 2, 3]], labels[[0, 2, 3]])
    table, _, names = confusion(classes, labels)
    assert table.tolist() == [[1, 0], [0, 2]] and names.tolist() == ["a", "b"]
    assert not are_classes(np.array(["", ""])) and are_classes(labels)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("memory", [4.0, 0.0])
def test_a_run_of_an_earlier_version_that_learnt_the_index_gets_it(tmp_path, ending, memory, caplog):
    caplog.set_level(logging.INFO, "kvae")
    path = tmp_path / f"x.{ending}"
    frame = pl.DataFrame({"Unnamed: 0": [3, 1, 2], "a": [0.5, 1.5, 2.5]})
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    config = file.Options(path=str(path), test_fraction=0.0, memory=memory)
    old = InputSpec((2,), Scaling(), "none")
    for keys in ({"spec": old}, {"begun": old}):
        assert load_data(config, 0, **keys).train.x[:].tolist() == [[3, 0.5], [1, 1.5], [2, 2.5]]
    assert "are not learnt" not in caplog.text
    assert load_data(config, 0, InputSpec((1,), Scaling(), "none")).train.x[:].tolist() == [[0.5], [1.5], [2.5]]
