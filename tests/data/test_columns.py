import logging
import time

import numpy as np
import polars as pl
import pytest

from kvae.data import InputSpec, Scaling, load_data
from kvae.data.columns import Wanted, choose, in_order
from kvae.data.sources import file
from kvae.errors import InputError

NAMES = ("a", "b", "c", "d")
X = np.random.default_rng(0).normal(size=(40, 4)).round(3)
FORMATS = ["csv", "tsv", "parquet"]


def table(path, names=NAMES, x=X, **more):
    """Write a table whose columns are named, and stand, as `names` say."""
    places = {name: place for place, name in enumerate(NAMES)}
    columns = {name: x[:, places.get(name, i)] for i, name in enumerate(names)} | more
    frame = pl.DataFrame(columns)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
    return path


def config(path, **values):
    return file.Options(path=str(path), test_fraction=0.0, **values)


def spec(columns=NAMES, n=4):
    return InputSpec((n,), Scaling(), "none", columns)


def read(path, learnt=NAMES, **values):
    return load_data(config(path, **values), 0, spec(learnt)).train.x


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("memory", [4.0, 0.0])
def test_a_file_in_another_order_is_read_by_name(tmp_path, ending, memory):
    path = table(tmp_path / f"x.{ending}", ("d", "b", "a", "c"))
    np.testing.assert_array_equal(read(path, memory=memory)[:], X.astype(np.float32))


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_learnt_keeps_its_names_and_further_columns_are_ignored_with_a_word(tmp_path, ending, caplog):
    learnt = load_data(config(table(tmp_path / f"x.{ending}"), columns=["c", 0]), 0).spec
    assert learnt.columns == ("c", "a")
    assert InputSpec.from_json(learnt.to_json()) == learnt
    other = table(tmp_path / f"y.{ending}", ("b", "a", "c"), city=["Rome"] * 40)
    caplog.set_level(logging.INFO, "kvae")
    x = load_data(config(other), 0, InputSpec((2,), Scaling(), "none", learnt.columns)).train.x
    np.testing.assert_array_equal(x, X[:, [2, 0]].astype(np.float32))
    assert "columns that were not learnt; they are ignored: b, city" in caplog.text


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("memory", [4.0, 0.0])
def test_missing_columns_are_refused_by_name_all_at_once(tmp_path, ending, memory):
    path = table(tmp_path / f"x.{ending}", ("e", "f", "g", "h"))
    with pytest.raises(
        InputError, match=r"lacks 4 of the 4 columns that the run learnt: a, b, c, d\. It has: e, f"
    ):
        read(path, memory=memory)
    path = table(tmp_path / f"y.{ending}", ("a", "B", "c", "e"))
    with pytest.raises(
        InputError, match=r"lacks 2 of the 4 columns that the run learnt: b, d\. It has: a, B, c, e"
    ):
        read(path, memory=memory)


@pytest.mark.parametrize("memory", [4.0, 0.0])
@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x.txt", "x.npz"])
def test_columns_without_names_are_taken_in_their_order_with_a_word(tmp_path, name, memory, caplog):
    path = tmp_path / name
    if name == "x.npy":
        np.save(path, X)
    elif name == "x.npz":
        np.savez(path, X)
    else:
        np.savetxt(path, X, delimiter="," if name == "x.csv" else " ")
    caplog.set_level(logging.INFO, "kvae")
    np.testing.assert_array_equal(read(path, memory=memory)[:], X.astype(np.float32))
    assert f"{name} has no column names: its columns are read as a, b, c, d" in caplog.text
    if name != "x.npz":
        with pytest.raises(InputError, match=r"has 3 columns without names; the run learnt 4: a, b, c, d"):
            read(path, memory=memory, label_column=0)


def test_a_run_that_learnt_no_names_takes_columns_in_their_order(tmp_path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    old = InputSpec.from_json({"shape": [4], "scaling": Scaling().to_json(), "binarize": "none"})
    assert old.columns is None and "columns" not in old.to_json()
    x = load_data(config(table(tmp_path / "x.csv", ("d", "a", "b", "c"))), 0, old).train.x
    np.testing.assert_array_equal(x, X[:, [3, 0, 1, 2]].astype(np.float32))
    assert "the run learnt columns without names; taken in their order: d, a, b, c" in caplog.text


@pytest.mark.parametrize("columns", [["a", "b"], ["a", "b", "c", "c"], "abcd", 4])
def test_a_forged_list_of_names_is_refused(columns):
    with pytest.raises(ValueError, match=r"columns|missing or invalid"):
        InputSpec.from_json(spec().to_json() | {"columns": columns})


def test_shards_are_joined_by_name(tmp_path):
    table(tmp_path / "1.parquet")
    table(tmp_path / "2.parquet", ("b", "d", "c", "a"))
    for memory in (4.0, 0.0):
        data = load_data(config(tmp_path / "*.parquet", memory=memory), 0)
        np.testing.assert_array_equal(data.train.x[:], np.concatenate([X, X]).astype(np.float32))
        assert data.spec.columns == NAMES
    table(tmp_path / "3.parquet", ("a", "b", "c"))
    with pytest.raises(InputError, match=r"3\.parquet lacks 1 of the 4 columns .*: d"):
        load_data(config(tmp_path / "*.parquet"), 0)


def test_what_goes_on_reads_its_columns_by_name(tmp_path):
    data = load_data(config(table(tmp_path / "x.csv", ("b", "d", "c", "a"))), 0, begun=spec())
    np.testing.assert_array_equal(data.train.x, X.astype(np.float32))
    assert data.spec.columns == NAMES


def test_order_is_a_function_of_names_alone():
    assert in_order("x", ["c", "b", "a"], 3, ["a", "c"])[0] == [2, 0]
    assert in_order("x", None, 2, ["a", "c"])[0] == [0, 1]
    assert in_order("x", ["c", "a"], 2, None) == ([0, 1], ())
    with pytest.raises(InputError, match=r"several columns named a, which the run learnt"):
        in_order("x", ["a", "b", "a"], 3, ["a", "b"])
    assert spec(("a", "c"), 2).positions(["c", "b", "a"], 3, "x") == [2, 0]


def test_a_name_that_is_a_number_wins_over_the_position():
    names = ["2001", "2000", "1"]
    assert choose("x", names, 3, Wanted([2001])).features == (0,)
    assert choose("x", names, 3, Wanted([1])).features == (2,)
    assert choose("x", names, 3, Wanted([0])).features == (0,)
    assert choose("x", names, 3, Wanted(label=2000)).label == 1


def test_columns_of_one_name_are_refused_unless_they_are_not_learnt():
    names = ["a", "b", "a", "c", "b"]
    with pytest.raises(InputError, match=r"'a' is column 0 and 2; 'b' is column 1 and 4 \(counted from 0\)"):
        choose("x", names, 5, Wanted())
    with pytest.raises(InputError, match=r"data\.columns: x has several columns named a\. Say which by number"):
        choose("x", names, 5, Wanted(["a", "c"]))
    assert choose("x", names, 5, Wanted([2, 1, "c"])).names == ("a", "b", "c")
    with pytest.raises(InputError, match=r"data\.columns names a column twice: c, 3"):
        choose("x", names, 5, Wanted(["c", 3]))


def test_keys_that_leave_out_what_was_learnt_are_named():
    with pytest.raises(InputError, match=r"data\.columns leaves out columns of x that the run learnt: b"):
        choose("x", ["a", "b"], 2, Wanted(["a"], learnt=("a", "b")))
    with pytest.raises(InputError, match=r"data\.label_column leaves out .*: b\. Type data\.label_column=null"):
        choose("x", ["a", "b"], 2, Wanted(label="b", learnt=("a", "b")))


def test_names_are_the_same_however_a_system_writes_them():
    composed, apart = "h\u00f6he", "ho\u0308he"
    assert in_order("x", [apart, " b "], 2, ["b", composed])[0] == [1, 0]
    assert choose("x", [apart, "b"], 2, Wanted([composed])).features == (0,)
    with pytest.raises(InputError, match=r"is column 0 and 1 \(counted from 0\)"):
        choose("x", [apart, composed], 2, Wanted())


def test_a_name_that_is_a_fraction_is_typed_as_it_stands():
    assert choose("x", ["400.5", "401.5"], 2, Wanted([401.5])).features == (1,)
    with pytest.raises(InputError, match=r"data\.columns=0\.5: x has no such column"):
        choose("x", ["400.5", "401.5"], 2, Wanted([0.5]))


def test_many_columns_are_told_apart_in_no_time():
    names = [f"gene {i}" for i in range(20_000)]
    began = time.perf_counter()
    choice = choose("x", names[::-1], len(names), Wanted(learnt=tuple(names)))
    assert choice.features == tuple(range(len(names) - 1, -1, -1))
    assert time.perf_counter() - began < 5  # a fraction of a second; a list within a list takes minutes


def test_labels_that_are_learnt_too_are_named(tmp_path, caplog):
    path = table(tmp_path / "x.csv")
    with caplog.at_level(logging.INFO):
        data = load_data(config(path, columns=["a", "b"], label_column="a"), 0)
    assert "the labels of data.label_column=a are learnt too, as data.columns says" in caplog.text
    assert data.spec.columns == ("a", "b") and data.train.labels is not None
    caplog.clear()
    with caplog.at_level(logging.INFO):
        load_data(config(path, columns=["a", "b"], label_column="c"), 0)
    assert "learnt too" not in caplog.text
