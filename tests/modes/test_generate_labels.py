"""`mode.draw_label=likeliest`: labels of new rows, each given to the rows that it is likeliest for."""

import logging

import numpy as np
import polars as pl
import pytest
from learnt import save_run
from mixed_table import mixed_table

from kvae.config import compose
from kvae.modes import evaluate_table, generate
from kvae.runs import RunFolder
from kvae.uses import open_run
from kvae.uses.new_rows import rows_that_were_learnt

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run as learning leaves it, of random weights, and the keys of its data; its label is named by number."""
    path = tmp_path_factory.mktemp("labelled")
    mixed_table(200).write_csv(path / "people.csv")
    data = ["data=table", f"data.path={path / 'people.csv'}", "data.label_column=5"]
    keys = [*data, "model=tiny", "model.likelihood=table", "train.jit_compile=false"]
    save_run(path / "run", *keys)
    return path / "run", keys


def new_table(learnt, folder, *keys):
    path, own = learnt
    config = compose(*own, "mode=generate", "mode.n=90", "mode.gaps=false", f"mode.run={path}", *keys)
    return pl.read_csv(generate.run(config, RunFolder(folder))[1].vae.path / "x_generate.csv")


def test_the_same_labels_for_other_rows(learnt, tmp_path, caplog):
    drawn = new_table(learnt, tmp_path / "drawn")
    caplog.set_level(logging.INFO, "kvae")
    given = new_table(learnt, tmp_path / "given", "mode.draw_label=likeliest")
    assert "each label, sex, is given to the rows it is likeliest for" in caplog.text
    assert given.drop("sex").equals(drawn.drop("sex"))
    assert sorted(given["sex"]) == sorted(drawn["sex"])
    assert (given["sex"] != drawn["sex"]).any()


def test_from_python(learnt):
    run = open_run(learnt[0])
    drawn, given = (run.generate(90, 1, gaps=False, draw_label=draw) for draw in ("sample", "likeliest"))
    assert given.drop("sex").equals(drawn.drop("sex")) and (given["sex"] != drawn["sex"]).any()
    for arguments, words in {
        ("mode",): r"`draw_label` must be one of sample, likeliest\. Received: draw_label='mode'",
        ("likeliest", "mean"): r"`draw_label` needs draw='sample'\. Received: draw='mean'",
    }.items():
        with pytest.raises(ValueError, match=words):
            run.generate(9, **dict(zip(("draw_label", "draw"), arguments, strict=False)))
    with pytest.raises(
        ValueError, match="draw_label=likeliest gives out the labels sex, which the conditions set"
    ):
        run.generate(9, where={"sex": "female"}, draw_label="likeliest")


@pytest.mark.parametrize("key", ["sampler=posterior", "draw=mean", "prior_mu=mu.npy"])
def test_keys_that_do_not_go_with_it(learnt, tmp_path, key):
    with pytest.raises(ValueError, match=f"mode.draw_label=likeliest does not go with mode.{key}. Leave out one"):
        new_table(learnt, tmp_path, "mode.draw_label=likeliest", f"mode.{key}")


def test_evaluation_generates_the_same_rows(learnt):
    path, own = learnt
    opened = open_run(path).opened
    known = rows_that_were_learnt(opened)
    place = opened.spec.table.place("sex")
    found = {}
    for draw in ("sample", "likeliest"):
        config = compose(*own, "mode=evaluate", f"mode.draw_label={draw}")
        found[draw] = evaluate_table.generate(config, opened, 60, known)
    drawn, given = found["sample"], found["likeliest"]
    whole = [j for j in range(drawn.shape[1]) if j != place and not np.isnan(drawn[:, j]).any()]
    np.testing.assert_array_equal(given[:, whole], drawn[:, whole])
    assert (
        len(whole) == 6
        and given[:, place].sum() == drawn[:, place].sum()
        and (given[:, place] != drawn[:, place]).any()
    )
    table = open_run(path).generate(60, draw_label="likeliest")
    expected = np.array([opened.spec.table.columns[place].categories[int(k)] for k in given[:, place]])
    assert (expected == np.array(table["sex"].cast(str))).all()


def test_usefulness_is_measured_with_a_label_by_its_number(learnt, caplog):
    path, own = learnt
    config = compose(*own, "mode=evaluate")
    table = open_run(path).opened.spec.table
    x = np.asarray(rows_that_were_learnt(open_run(path).opened))
    assert evaluate_table.measure_use(config, table, x[:80], x[:80], x[80:]).keys() == {"tstr", "trtr"}
    assert "not measured" not in caplog.text


def test_other_data_has_no_labels_to_give_out(tmp_path):
    save_run(tmp_path / "run", "model=tiny")
    config = compose("mode=generate", "mode.draw_label=likeliest", f"mode.run={tmp_path / 'run'}", "model=tiny")
    with pytest.raises(
        ValueError, match=r"draw_label=likeliest needs a run that learnt a table, and .* other data"
    ):
        generate.run(config, RunFolder(tmp_path / "new"))
