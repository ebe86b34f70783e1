"""A table with names, an index and labels: learnt, used in another order of columns, and written back by name."""

import logging
import os

import numpy as np
import polars as pl
import pytest

from kvae.config import compose
from kvae.data import load_data
from kvae.errors import InputError
from kvae.modes import detect, evaluate, generate, learn, recog
from kvae.modes.opening import choose_rows, is_learnt_data, open_learnt
from kvae.runs import RunFolder
from kvae.runs.files import read_json

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
    pytest.mark.filterwarnings("ignore:Model doesn't support `jit_compile=True`"),
]

N = 60
NAMES = ["länge", "breite", "höhe"]


def write(path, names, ids, x, kinds):
    columns = {"": ids} | {name: x[:, NAMES.index(name)] for name in names} | {"kind": kinds}
    pl.DataFrame(columns).write_csv(path)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A learnt run of a table, and the same rows with their columns in another order."""
    path = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(N, 1)) * [1, 10, 0.1] + [0, 100, 5] + rng.normal(size=(N, 3)) * [0.1, 1, 0.01]).round(4)
    ids = rng.permutation(1000)[:N]
    kinds = [None if i % 7 == 0 else "ab"[i % 2] for i in range(N)]
    write(path / "x.csv", NAMES, ids, x, kinds)
    write(path / "y.csv", NAMES[::-1], ids, x, kinds)
    own = ["data=file", f"data.path={path / 'x.csv'}", *OWN]
    learn.run(compose(*own), RunFolder(path / "outputs" / "learn", "csv"))
    return path, x, ids, kinds


OWN = [
    "data.label_column=kind", "data.scale=standard", "model=tiny", "model.likelihood=gaussian", "prior=gmm",
    "prior.n_components=2", "prior.rounds=1", "train.itr=2", "train.jit_compile=false", "format=csv",
]  # fmt: skip


@pytest.fixture
def use(tables, tmp_path):
    """Run a mode on one of the tables."""

    def run(mode, name, *keys):
        path = tables[0]
        keys = (f"mode={mode.__name__.rpartition('.')[2]}", f"outputs={path / 'outputs'}", *keys)
        config = compose("data=file", f"data.path={path / name}", *OWN, *keys)
        return mode.run(config, RunFolder(tmp_path / "used", "csv"))

    return run


def read(folder, name):
    return pl.read_csv(folder.path / f"{name}.csv", schema_overrides={"id": pl.String})


def test_input_json_keeps_the_names(tables):
    assert read_json(tables[0] / "outputs" / "learn" / "module001_vae" / "input.json")["columns"] == NAMES


def test_what_learning_writes_says_what_it_is(tables):
    path, x, ids, kinds = tables
    folder = RunFolder(path / "outputs" / "learn")
    x_hat = read(folder.vae, "x_hat_learn")
    n = len(x_hat)
    assert x_hat.columns == ["id", "label", *NAMES] and n == 48
    assert x_hat["id"].to_list() == [str(i) for i in ids[:n]]
    assert x_hat["label"].to_list() == kinds[:n]
    assert abs(x_hat["breite"].mean() - x[:, 1].mean()) < 10  # in the table's own units
    assert read(folder.vae, "z_learn").columns == ["id", "label", "z0", "z1"]
    assert read(folder.module(2, "gmm"), "class_learn").columns == ["id", "label", "class"]
    assert read(folder.module(2, "gmm"), "Pdz_learn").columns == ["id", "label", "Pdz0", "Pdz1"]
    assert read(folder.module(2, "gmm"), "acc_learn").columns == ["acc"]


def test_the_same_rows_in_another_order_of_columns_give_the_same(use, tables):
    found = [use(recog, name, "mode.split=all") for name in ("x.csv", "y.csv")]
    assert found[0][0]["loss"] == found[1][0]["loss"]
    x_hat = read(found[1][1].vae, "x_hat_recog")
    assert x_hat.columns == ["id", "label", *NAMES] and x_hat["id"].to_list() == [str(i) for i in tables[2]]
    assert found[1][0]["accuracy"] > 0  # of the rows that have a label


def test_scores_say_which_row_they_are_of(use, tables):
    _, folder = use(detect, "x.csv", "mode.split=all")
    score, flag = read(folder.vae, "score_detect"), read(folder.vae, "anomaly_detect")
    assert score.columns == ["id", "label", "score"] and flag.columns == ["id", "label", "anomaly"]
    assert score["label"].to_list() == tables[3]


def test_what_is_measured_leaves_rows_without_labels_out(use, tables):
    keys = ["data.normal_label=a", f"mode.run={tables[0]}/outputs/learn", "mode.split=all"]
    metrics, folder = use(detect, "x.csv", *keys)
    flag = read(folder.vae, "anomaly_detect").drop_nulls("label")
    assert metrics["recall"] == pytest.approx(flag.filter(pl.col("label") == "b")["anomaly"].mean())
    measured, folder = use(evaluate, "x.csv", "mode.n_samples=2", "mode.split=all")
    assert {"knn_accuracy", "accuracy"} <= measured.keys()
    assert read(folder.vae, "nll_evaluate").columns == ["id", "label", "nll"]


def test_samples_have_the_names_of_the_columns(use):
    _, folder = use(generate, "x.csv", "mode.n=3")
    x = read(folder.vae, "x_generate")
    assert x.columns == ["sample", *NAMES] and x["sample"].to_list() == [0, 1, 2]


def test_rows_without_an_id_have_their_number(use, tables):
    path, x, _, _ = tables
    pl.DataFrame(dict(zip(NAMES, x.T, strict=True))).write_csv(path / "plain.csv")
    _, folder = use(recog, "plain.csv", "data.label_column=null", "mode.split=test", "data.split=spread")
    assert read(folder.vae, "z_recog")["row"].to_list() == list(range(4, N, 5))


def test_columns_that_are_missing_or_of_another_run_are_named(use, tables, caplog):
    path = tables[0]
    frame = pl.read_csv(path / "x.csv")
    frame.rename({"höhe": "tiefe"}).write_csv(path / "other.csv")
    with pytest.raises(InputError, match=r"columns höhe \(there\) .*tiefe.* \(here\)"):
        use(recog, "other.csv")
    with pytest.raises(InputError, match=r"lacks 1 of the 3 columns that the run learnt: höhe"):
        use(recog, "other.csv", f"mode.run={path / 'outputs' / 'learn'}")
    frame.with_columns(more=pl.lit("text")).write_csv(path / "more.csv")
    caplog.set_level(logging.INFO, "kvae")
    use(recog, "more.csv")
    assert "columns that were not learnt; they are ignored: more" in caplog.text


def test_a_run_goes_on_with_its_columns_by_name(tmp_path, tables, monkeypatch):
    path, x, ids, kinds = tables
    asked = []

    def load(config, seed, begun):
        asked.append(load_data(config, seed, begun=begun))
        raise InputError("that is enough")

    monkeypatch.setattr(learn, "load_data", load)
    before = (path / "x.csv").read_bytes()
    write(path / "x.csv", NAMES[::-1], ids, x, kinds)
    keys = ["data=file", f"data.path={path / 'x.csv'}", *OWN, "prior.rounds=2"]
    with pytest.raises(InputError, match="that is enough"):
        learn.run(
            compose(*keys, f"train.resume={path / 'outputs' / 'learn'}"), RunFolder(tmp_path / "resumed", "csv")
        )
    (path / "x.csv").write_bytes(before)
    assert asked[0].spec.columns == tuple(NAMES)
    np.testing.assert_allclose(asked[0].spec.scaling.offset, x[:48].mean(axis=0))


def test_a_folder_of_runs_names_the_newest_of_them(tables):
    path = tables[0] / "outputs"
    config = compose("mode=recog", f"mode.run={path}", f"outputs={path}")
    with pytest.raises(InputError, match=rf"is no finished learnt run\. Did you mean mode\.run={path}/learn\?$"):
        open_learnt(config)


def test_how_a_table_is_read_is_not_what_it_is(tables):
    own = ["data=file", f"data.path={tables[0] / 'x.csv'}", *OWN]
    learnt = RunFolder(tables[0] / "outputs" / "learn")
    keys = {
        ("data.id_column=0",): True,
        ("data.encoding=utf-8",): True,
        ("data.label_column=null",): True,
        ("data.limit=5",): False,
        ("data.normal_label=a",): False,
    }
    for typed, same in keys.items():
        assert is_learnt_data(compose(*own, *typed), learnt) == same


def test_the_labels_are_part_of_the_data_where_they_choose_the_rows(tables, tmp_path):
    own = ["data=file", f"data.path={tables[0] / 'x.csv'}", *OWN, "data.normal_label=a"]
    learnt = RunFolder(tmp_path)
    learnt.write_run(compose(*own).plain)
    assert is_learnt_data(compose(*own), learnt)
    assert not is_learnt_data(compose(*own, "data.label_column=höhe"), learnt)


def test_a_file_that_was_written_since_it_was_learnt_is_warned_of(tables, caplog):
    path = tables[0] / "x.csv"
    begun = RunFolder(tables[0] / "outputs" / "learn").begun
    keys = ["data=file", f"data.path={path}", *OWN, "mode=recog", f"mode.run={tables[0] / 'outputs' / 'learn'}"]
    learnt = open_learnt(compose(*keys))
    for later, split, warned in ((-5, "test", False), (5, "test", True), (5, "all", False)):
        os.utime(path, (begun + later, begun + later))
        caplog.clear()
        assert choose_rows(compose(*keys, f"mode.split={split}"), learnt).which == split
        assert ("learnt rows may count as held out" in caplog.text) == warned
