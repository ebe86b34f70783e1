"""Cells that make a table's rows anomalous."""

import csv
import datetime as dt
import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from learnt import save_run
from mixed_table import mixed_table
from PIL import Image

from kvae import plots
from kvae.config import compose
from kvae.data.table import encode, infer_columns
from kvae.modes import detect, learn
from kvae.modes.detect_cells import as_text
from kvae.modules.model_file import load_vae
from kvae.modules.table_rows import texts_of
from kvae.report.explored import explored_in
from kvae.runs import RunFolder
from kvae.uses.cells import Usual, cell_scores

KEYS = [
    "data=table",
    "data.path=table.csv",
    "data.id_column=row",
    "data.label_column=active",
    "train.jit_compile=false",
]


@pytest.fixture(scope="module")
def detected(tmp_path_factory):
    """What was found in a table with an absurd income in row 7, by a run of random weights that learnt another."""
    home = tmp_path_factory.mktemp("home")
    mixed_table(300).write_csv(home / "table.csv")
    absurd = pl.when(pl.col("n") == 7).then(1e8).otherwise(pl.col("income")).alias("income")
    planted = mixed_table(60, seed=3).with_row_index("n").with_columns(absurd).drop("n")
    planted.write_csv(home / "planted.csv")
    drawn, said = {}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        data = save_run("learnt", *KEYS, "model.latent_dim=2", "model.likelihood=table")
        shown = plots.cells
        patch.setattr(plots, "cells", lambda *given: drawn.update(given=given) or shown(*given))
        patch.setattr("kvae.uses.evaluation.labels.say_learnt", said.append)
        keys = ["mode=detect", "mode.run=learnt", "data.path=planted.csv", "mode.contamination=0.1"]
        _, folder = detect.run(compose(*KEYS, *keys), RunFolder(home / "detect"))
    return SimpleNamespace(home=home, data=data, folder=folder, drawn=drawn["given"], planted=planted, said=said)


def lines_of(folder):
    with (folder.vae.path / "cells_detect.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_explorer_has_the_scores_of_the_run(detected):
    with np.load(detected.folder.vae.explorer) as kept:
        scores = np.loadtxt(detected.folder.vae.path / "score_detect.txt")
        np.testing.assert_allclose(kept["score"], scores, rtol=1e-5)
        assert json.loads(str(kept["header"]))["score"] == "the negative ELBO at the posterior mean"
    found = explored_in(detected.folder)
    np.testing.assert_array_equal(
        found.arrays["flagged"], np.loadtxt(detected.folder.vae.path / "anomaly_detect.txt")
    )


def test_it_is_said_when_the_labels_were_learnt(detected):
    (learnt,) = detected.said  # tests/uses/evaluation has the words
    assert "active" in learnt.spec.table.names


def test_cells_stand_beside_their_rows_the_most_surprising_first(detected):
    folder, lines = detected.folder, lines_of(detected.folder)
    scores, flags = (np.loadtxt(folder.vae.path / f"{name}_detect.txt") for name in ("score", "anomaly"))
    named = list(dict.fromkeys(line["row"] for line in lines))
    assert named == [f"r{i:05d}" for i in np.argsort(-scores)[: int(flags.sum())]] and "r00007" in named
    first = next(line for line in lines if line["row"] == "r00007")
    assert first["rank"] == "1" and first["column"] == "income" and float(first["value"]) == 1e8
    assert float(first["expected"]) < 1e5 and float(first["quantile"]) == 1.0 and float(first["surprise"]) > 7
    assert first["label"] == str(int(detected.planted["active"][7]))
    assert float(first["score"]) == pytest.approx(scores[7], rel=1e-5)
    for row in named:
        of_row = [line for line in lines if line["row"] == row]
        assert [line["rank"] for line in of_row] == [str(k) for k in range(1, len(of_row) + 1)]
        surprises = [float(line["surprise"]) for line in of_row]
        assert surprises == sorted(surprises, reverse=True)
        assert all(surprise >= -np.log(0.01) for surprise in surprises[1:])
    surprise, values, names, columns = detected.drawn
    assert names == named and surprise.shape == (len(named), len(columns))
    assert values[named.index("r00007")][columns.index("income")] == first["value"]
    Image.open(folder.vae.path / "cells_detect.png").verify()
    assert not (folder.vae.path / "anomalies_detect.png").exists()


def test_scores_are_those_of_the_function_and_texts_are_the_table_s(detected):
    table, lines = detected.data.spec.table, lines_of(detected.folder)
    vae = load_vae(detected.home / "learnt" / "module001_vae" / "model.keras")
    x = encode(detected.planted, table)
    rows = list(dict.fromkeys(line["row"] for line in lines))
    found = cell_scores(vae, x[[int(row[1:]) for row in rows]], expected=True)
    usual = Usual.of(cell_scores(vae, detected.data.train.x).nats)
    surprise, texts = usual.surprise(found.nats), detected.drawn[1]
    for line in lines:
        i, j = rows.index(line["row"]), table.place(line["column"])
        assert float(line["nats"]) == pytest.approx(found.nats[i, j], rel=1e-4)
        assert float(line["surprise"]) == pytest.approx(surprise[i, j], rel=1e-4)
        assert line["value"] == texts[i][j] != ""
    written = detected.planted.select(table.names).with_columns(pl.all().cast(pl.String).fill_null(""))
    assert texts == [list(written.row(int(row[1:]))) for row in rows]


def test_cells_of_durations_are_text():
    frame = pl.DataFrame(
        {"a": [dt.timedelta(hours=6 * i) for i in range(12)], "b": [i * i + 0.5 for i in range(12)]}
    )
    table = infer_columns(frame)
    assert as_text(encode(frame[[5]], table), table) == [["1 days 06:00:00", "25.5"]]
    assert texts_of(table)[0](np.array([1.25])) == ["1 days 06:00:00"]


def test_cells_of_parts_of_dates_are_said_beside_those_of_the_date(tmp_path):
    (tmp_path / "columns.yaml").write_text("columns: {day: {cyclic: [month, weekday]}}")
    days = [dt.date(2024, 1 + i % 12, 1 + i % 28) for i in range(60)]
    frame = pl.DataFrame({"day": days, "height": [i * i + 0.5 for i in range(60)]})
    table = infer_columns(frame, columns_file=tmp_path / "columns.yaml")
    assert table.names == ("day", "day.month", "day.weekday", "height")
    x = encode(frame[[0, 14]], table)
    x[1, 1] = np.nan
    assert as_text(x, table) == [
        ["2024-01-01", "1", "Monday", "0.5"],
        ["2024-03-15", "", "Friday", "196.5"],
    ]


@pytest.mark.slow
def test_planted_errors_are_named_first(tmp_path, monkeypatch):
    """A height in inches, an income ten times too high, a size that the height does not have."""
    monkeypatch.chdir(tmp_path)
    mixed_table(2000).write_csv("table.csv")
    keys = [key for key in KEYS if "jit" not in key]
    learn.run(compose(*keys), RunFolder(tmp_path / "learnt"))
    rng, frame = np.random.default_rng(0), mixed_table(300, seed=5, gaps=False)
    place, sizes = rng.integers(0, 3, 300), ["low", "medium", "high"]
    height = frame["height"].to_numpy() / np.where(place == 0, 2.54, 1)
    income = frame["income"].to_numpy() * np.where(place == 1, 10, 1)
    size = [
        sizes[(sizes.index(one) + 1) % 3] if k == 2 else one for one, k in zip(frame["size"], place, strict=True)
    ]
    frame = frame.with_columns(pl.Series("height", height), pl.Series("income", income), pl.Series("size", size))
    frame.write_csv("planted.csv")
    used = compose(*keys, "mode=detect", "mode.run=learnt", "data.path=planted.csv", "mode.contamination=0.5")
    _, folder = detect.run(used, RunFolder(tmp_path / "detect"))
    firsts = {line["row"]: line["column"] for line in lines_of(folder) if line["rank"] == "1"}
    truth = {f"r{i:05d}": ("height", "income", "size")[k] for i, k in enumerate(place)}
    for column, least in (("height", 0.95), ("income", 0.9), ("size", 0.6)):
        planted = [row for row in truth if truth[row] == column]
        named = [row for row in planted if firsts.get(row) == column]
        assert len(named) >= least * len(planted), column
