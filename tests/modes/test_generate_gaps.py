"""`mode=generate`: missing values of new rows, which the model did not learn."""

import logging

import numpy as np
import polars as pl
import pytest
from learnt import save_run
from mixed_table import mixed_table

from kvae.config import compose
from kvae.data.table import encode, read_frame
from kvae.errors import InputError
from kvae.modes import evaluate_table, generate
from kvae.runs import RunFolder
from kvae.uses import open_run
from kvae.uses.new_rows import rows_that_were_learnt

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

MODEL = ["model=tiny", "model.likelihood=table", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A run as learning leaves it, of random weights, and the keys of its data."""
    path = tmp_path_factory.mktemp("holed")
    mixed_table(300).write_csv(path / "people.csv")
    keys = ["data=table", f"data.path={path / 'people.csv'}", *MODEL]
    save_run(path / "run", *keys)
    return path / "run", keys


def new_table(holed, folder, *keys):
    path, own = holed
    _, made = generate.run(compose(*own, "mode=generate", f"mode.run={path}", *keys), RunFolder(folder))
    return pl.read_csv(made.vae.path / "x_generate.csv", try_parse_dates=True)


def test_values_are_missing_as_in_learnt_rows(holed, tmp_path, caplog):
    with caplog.at_level(logging.INFO, "kvae"):
        found = new_table(holed, tmp_path / "new", "mode.n=600")
    assert "values are missing as in similar learnt rows, in height, income; mode.gaps=false leaves" in caplog.text
    gaps = {name: found[name].null_count() for name in found.columns}
    assert 0 < gaps.pop("height") < 200 and 30 < gaps.pop("income") < 300
    assert not any(gaps.values())
    whole = new_table(holed, tmp_path / "whole", "mode.n=600", "mode.gaps=false")
    assert not sum(whole.null_count().row(0))
    there = found["income"].is_not_null()
    assert found["income"].filter(there).equals(whole["income"].filter(there))


def test_what_is_asked_of_new_rows_is_never_missing(holed, tmp_path, caplog):
    caplog.set_level(logging.INFO, "kvae")
    found = new_table(holed, tmp_path / "new", "mode.n=80", "mode.where={income: >0}", "mode.sampler=prior")
    assert not found["income"].null_count() and found["height"].null_count()
    assert "as in similar learnt rows, in height; mode.gaps=false" in caplog.text


def test_means_of_rows_have_no_missing_values(holed, tmp_path):
    found = new_table(holed, tmp_path / "new", "mode.n=80", "mode.draw=mean")
    assert not sum(found.null_count().row(0))


def test_missing_values_from_python(holed, monkeypatch, caplog):
    run = open_run(holed[0])
    found = run.generate(300, sampler="prior")
    assert 0 < found["income"].null_count() < 90
    assert not sum(run.generate(300, sampler="prior", gaps=False).null_count().row(0))
    assert not sum(run.generate(300, sampler="prior", draw="mean").null_count().row(0))
    assert not run.generate(300, sampler="prior", where={"income": ">0"})["income"].null_count()
    with pytest.raises(ValueError, match=r"`gaps` must be True or False\. Received: gaps=1"):
        run.generate(3, gaps=1)


def test_evaluation_generates_the_same_rows(holed, tmp_path):
    path, own = holed
    learnt = open_run(path).opened
    rows = evaluate_table.generate(compose(*own, "mode=evaluate"), learnt, 240, rows_that_were_learnt(learnt))
    new_table(holed, tmp_path / "new")
    (made,) = (tmp_path / "new").glob("**/x_generate.csv")
    np.testing.assert_array_equal(rows, encode(read_frame(made), learnt.spec.table))
    assert np.isnan(rows).any()


def test_columns_of_a_condition_are_missing_as_in_the_learnt_rows_that_they_come_from(tmp_path):
    table = mixed_table(300)
    table.write_csv(tmp_path / "people.csv")
    keys = ["data=table", f"data.path={tmp_path / 'people.csv'}", *MODEL, "model.condition=[income,height]"]
    data = save_run(tmp_path / "run", *keys)
    learnt = data.train.x[:, 1:3]
    found = new_table((tmp_path / "run", keys), tmp_path / "new", "mode.n=1000")
    pairs = {tuple(row) for row in np.nan_to_num(learnt, nan=-1).tolist()}
    drawn = encode(found, data.spec.table)
    assert {tuple(row) for row in np.nan_to_num(drawn[:, 1:3], nan=-1).tolist()} <= pairs
    for name, expected in zip(("height", "income"), np.isnan(learnt).mean(axis=0), strict=True):
        assert found[name].null_count() / 1000 == pytest.approx(expected, abs=0.04)
    for key in ("mode.gaps=false", "mode.draw=mean"):
        whole = new_table((tmp_path / "run", keys), tmp_path / key, "mode.n=200", key)
        assert not sum(whole.null_count().row(0))
        rows = encode(whole, data.spec.table)[:, 1:3]
        assert {tuple(row) for row in rows.tolist()} <= pairs
    run = open_run(tmp_path / "run")
    assert not sum(run.generate(200, gaps=False).null_count().row(0))
    evaluated = evaluate_table.generate(compose(*keys, "mode=evaluate"), run.opened, 1000, data.train.x)
    assert {tuple(row) for row in np.nan_to_num(evaluated[:, 1:3], nan=-1).tolist()} <= pairs


def test_a_condition_that_is_never_whole_is_said(tmp_path):
    half = [f"{i % 5 + 0.5 if i % 2 else ''},{i % 7 + 0.25 if i % 2 == 0 else ''},{0.1 * i}" for i in range(120)]
    (tmp_path / "x.csv").write_text("\n".join(["a,b,c", *half, ""]))
    keys = ["data=table", f"data.path={tmp_path / 'x.csv'}", *MODEL, "model.condition=[a,b]"]
    save_run(tmp_path / "run", *keys)
    with pytest.raises(InputError, match=r"a value in all of a, b, and there is none\. Leave out gaps=false and"):
        open_run(tmp_path / "run").generate(5, gaps=False)


def test_without_the_learnt_rows_no_value_is_missing_and_this_is_said(holed, tmp_path, caplog):
    path, _ = holed
    table = path.parent / "people.csv"
    held = table.read_bytes()
    table.unlink()
    try:
        with caplog.at_level(logging.WARNING, "kvae"):
            found = open_run(path).generate(50)
        keys = ["mode=generate", f"mode.run={path}", "mode.sampler=prior"]
        config = compose("data=table", f"data.path={table}", *MODEL, *keys)
        _, made = generate.run(config, RunFolder(tmp_path / "new"))
    finally:
        table.write_bytes(held)
    assert not sum(found.null_count().row(0))
    assert caplog.text.count("values are missing in learnt rows, but not in new ones, in height, income") == 2
    assert not pl.read_csv(made.vae.path / "x_generate.csv")["income"].null_count()


@pytest.mark.parametrize(
    ("signs", "written"),
    [(["NA", "NA", ""], "NA"), (["", "", "NA"], ""), ([".", ".", "."], ".")],
)
def test_missing_values_are_written_as_the_table_writes_most(signs, written, tmp_path):
    lines = [f"{0.5 * i},{signs[i % 3] if i % 4 == 1 else i % 7 + 0.25}" for i in range(240)]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["a,b", *lines, ""]))
    keys = ["data=table", f"data.path={path}", *MODEL, *(["data.missing_signs=[.]"] if "." in signs else [])]
    save_run(tmp_path / "run", *keys)
    new_table((tmp_path / "run", keys), tmp_path / "new")
    (made,) = (tmp_path / "new").glob("**/x_generate.csv")
    fields = [line.split(",")[1] for line in made.read_text().splitlines()[1:]]
    assert 20 < fields.count(written) < 90
    assert all(field == written or float(field) > -50 for field in fields)
