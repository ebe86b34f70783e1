"""What a learnt table is good for, by the command line's mode."""

import functools
import json
import logging
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest
from learnt import save_run
from mixed_table import mixed_table
from PIL import Image

from kvae import plots
from kvae.config import compose
from kvae.data.table import decode, encode
from kvae.metrics import (
    c2st_metrics,
    filled_metrics,
    hidden_cells,
    meaning_of,
    pair_trends,
    privacy_metrics,
    shape_metrics,
    trend_metrics,
    usefulness_metrics,
)
from kvae.modes import evaluate
from kvae.modes.evaluate_table import listed
from kvae.runs import RunFolder
from kvae.uses.imputation import impute
from kvae.uses.new_rows import new_rows
from kvae.uses.opened import open_folder

pytestmark = pytest.mark.slow
KEYS = ["data=table", "data.path=table.csv", "data.id_column=row", "data.label_column=sex"]
KEYS += ["data.missing=learn", "train.jit_compile=false"]
USE = [*KEYS, "mode=evaluate", "mode.run=learnt", "mode.n_samples=2"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a table, and a run that learnt it, with random weights."""
    home = tmp_path_factory.mktemp("home")
    mixed_table(200).write_csv(home / "table.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        save_run("learnt", *KEYS, "model.latent_dim=2", "model.likelihood=table")
    return home


@pytest.fixture(scope="module")
def evaluated(home):
    figures = {}

    def keep(name, draw, *shown):
        return figures.setdefault(name, draw(*shown))

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for name in ("table_samples", "table_traversal"):
            drawing = getattr(plots, name)
            keep = functools.partial(
                lambda name, draw, *shown: figures.setdefault(name, draw(*shown)), name, drawing
            )
            patch.setattr(plots, name, keep)
        metrics, folder = evaluate.run(compose(*USE, "mode.hide=0.2"), RunFolder(home / "evaluate"))
        learnt = open_folder(RunFolder(home / "learnt"))
        data = save_run("again", *KEYS, "model.latent_dim=2", "model.likelihood=table")
    return SimpleNamespace(metrics=metrics, folder=folder, learnt=learnt, data=data, figures=figures)


def test_generated_rows_are_compared_as_they_would_be_written(evaluated):
    metrics, table = evaluated.metrics, evaluated.data.spec.table
    learning, real = evaluated.data.train.x, evaluated.data.test.x
    rows = encode(decode(new_rows(evaluated.learnt, len(learning), 0, rows=learning)[0], table), table)
    assert np.nanmax(np.abs(rows[:, 0] - np.round(rows[:, 0]))) == 0  # ages are whole, as in the table
    expected = shape_metrics(real, rows, table.columns) | trend_metrics(pair_trends(real, rows, table.columns))
    expected |= c2st_metrics(real, rows, table.columns)
    expected |= privacy_metrics(learning, rows, real, table.columns)
    expected |= usefulness_metrics(learning, rows, real, table.columns, table.place("sex"))
    assert expected.keys() > {"shape", "shape_age", "trend", "c2st", "tstr", "trtr", "dcr", "membership_auc"}
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, rel=1e-5)
    assert {"real_shape", "real_trend", "real_c2st", "missing_similarity"} < metrics.keys()


def test_hidden_cells_are_filled_and_compared(evaluated):
    x, table = evaluated.data.test.x, evaluated.data.spec.table
    hidden = hidden_cells(x, table.columns, 0.2, seed=0)
    filled = impute(evaluated.learnt.vae, np.where(hidden, np.nan, x), gaps_tell=~hidden).x[0]
    expected = filled_metrics(x, filled, hidden, table.columns, evaluated.data.train.x)
    assert {name: evaluated.metrics[name] for name in expected} == pytest.approx(expected, rel=1e-4)
    assert expected.keys() > {"nrmse", "wrong_share", "baseline_nrmse", "baseline_wrong_share", "nrmse_age"}


def test_what_arrays_have_tables_have_but_what_has_no_meaning(evaluated):
    metrics = evaluated.metrics
    assert all(np.isfinite(value) for value in metrics.values())
    assert {"loss", "nll", "active_units", "mutual_information", "knn_accuracy"} < metrics.keys()
    assert not {"mse", "psnr", "ssim"} & metrics.keys()
    assert all(meaning_of(name).text for name in metrics)


def test_trends_of_very_many_columns_are_not_kept():
    assert listed(np.array([[np.nan, 0.5], [0.5, np.nan]])) == {"trends": [[None, 0.5], [0.5, None]]}
    assert len(listed(np.zeros((200, 200)))["trends"]) == 200 and listed(np.zeros((201, 201))) == {}


def test_it_is_kept_and_drawn(evaluated):
    folder = evaluated.folder
    kept = json.loads((folder.path / "evaluate.json").read_text())
    n = len(evaluated.data.spec.table.columns)
    assert kept["generated"] == len(evaluated.data.train) and np.shape(kept["trends"]) == (n, n)
    assert kept["trends"][0][0] is None and kept["membership"].startswith("Does the generated table reveal")
    assert kept["shape_age"] == json.loads((folder.path / "metrics.json").read_text())["shape_age"]
    for name in ("trends", "table_samples", "table_traversal", "latent", "kl_per_dim"):
        Image.open(folder.vae.path / f"{name}_evaluate.png").verify()


@pytest.mark.parametrize(("name", "line"), [("table_samples", "xaxis"), ("table_traversal", "yaxis")])
def test_dates_are_dates_along_an_axis(evaluated, name, line):
    figure = evaluated.figures[name]
    (axis,) = (axis for axis in figure.axes if axis.get_title() == "since")
    texts = [label.get_text() for label in getattr(axis, line).get_ticklabels()]
    assert texts and all(date.fromisoformat(text) for text in texts)


def test_learning_rows_give_nothing_away_and_slow_ones_can_be_left_out(home, monkeypatch, caplog):
    monkeypatch.chdir(home)
    with caplog.at_level(logging.INFO):
        metrics, _ = evaluate.run(compose(*USE, "mode.split=train", "mode.hide=0"), RunFolder(home / "train"))
    assert "privacy and usefulness are not measured: they need held-out rows, not train rows" in caplog.text
    assert {"shape", "trend", "c2st"} < metrics.keys()
    assert not {"dcr", "tstr", "nrmse", "real_shape"} & metrics.keys()
    metrics, _ = evaluate.run(compose(*USE, "mode.generated=false"), RunFolder(home / "few"))
    assert "nrmse" in metrics and not {"shape", "trend", "c2st"} & metrics.keys()
