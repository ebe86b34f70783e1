"""`mode=impute`: a table comes back with its gaps filled."""

import csv
import json
import logging

import numpy as np
import polars as pl
import pytest
from learnt import save_run
from mixed_table import mixed_table
from PIL import Image

from kvae.config import compose
from kvae.data.table import encode
from kvae.errors import InputError
from kvae.modes import impute
from kvae.modules.model_file import load_vae
from kvae.runs import RunFolder
from kvae.uses import imputation

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

MODEL = ["model=tiny", "model.likelihood=table", "train.jit_compile=false"]
ROWS = 40


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run as learning leaves it, of a model with random weights, and a table that it never saw."""
    path = tmp_path_factory.mktemp("learnt")
    mixed_table(300).write_csv(path / "people.csv")
    other = mixed_table(ROWS, seed=5)
    gone = [None if i % 4 == 0 else value for i, value in enumerate(other["sector"])]
    notes = [None if i == 3 else value for i, value in enumerate(other["note"])]
    other = other.with_columns(pl.Series("sector", gone), pl.Series("note", notes))
    other.write_csv(path / "others.csv")
    data = save_run(path / "run", "data=table", f"data.path={path / 'people.csv'}", *MODEL)
    return path, data.spec.table


@pytest.fixture
def fill(learnt, tmp_path):
    """The files of a fill with the keys given, as lists of rows of text, and the folder of the run."""
    path, _ = learnt

    def run(*keys):
        own = ["data=table", f"data.path={path / 'others.csv'}", *MODEL, "mode=impute", "mode.n_samples=64"]
        config = compose(*own, f"mode.run={path / 'run'}", *keys)
        _, folder = impute.run(config, RunFolder(tmp_path / "used"))
        return {one.stem: read(one) for one in sorted(folder.vae.path.glob("*.csv"))}, folder

    return run


def read(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_table_comes_back_as_it_came_with_values_in_its_gaps(fill, learnt, caplog):
    with caplog.at_level(logging.INFO, "kvae"):
        found, folder = fill()
    path, table = learnt
    came = read(path / "others.csv")
    filled, unsure = np.array(found["impute"]), np.array(found["impute_uncertainty"])
    assert filled.shape == unsure.shape == np.shape(came)
    known = np.array(came) != ""
    assert np.all(filled[known] == np.array(came)[known])
    assert np.all(unsure[0] == came[0])
    names = np.array(came[0])
    learnt_columns = np.isin(names, table.names)
    gaps = ~known & learnt_columns
    assert gaps.sum() > 15
    assert np.all((unsure[1:] != "") == gaps[1:])
    assert np.all(filled[gaps] != "")
    assert filled[4, names == "note"] == ""
    assert "gaps of columns that were not learnt, or have one value, stay gaps: note" in caplog.text
    assert set(filled[1:, names == "sector"].ravel()) <= {"retail", "health", "farming", "transport", "mining"}
    decimals = {len(text.partition(".")[2]) for text in filled[1:, names == "height"].ravel()}
    assert decimals == {1}
    metrics = json.loads(folder.metrics.read_text())
    assert metrics["imputed"] == gaps.sum()
    assert metrics["imputed_rows"] == gaps.any(axis=1).sum()
    assert metrics["imputed_share"] == pytest.approx(gaps.sum() / (ROWS * len(table.names)))
    Image.open(folder.vae.path / "imputed.png").verify()
    assert "Observed and imputed" in folder.report.read_text()


@pytest.mark.slow
def test_values_are_those_of_the_function(fill, learnt):
    found, _ = fill()
    path, table = learnt
    others = pl.read_csv(path / "others.csv", try_parse_dates=True)
    x = encode(others, table)
    vae = load_vae(path / "run" / "module001_vae" / "model.keras")
    expected = imputation.impute(vae, x, n_samples=64, rng=np.random.default_rng(0))
    place, at = table.place("income"), found["impute"][0].index("income")
    rows = np.flatnonzero(np.isnan(x[:, place]))
    values = [float(found["impute"][row + 1][at]) for row in rows]
    np.testing.assert_allclose(values, expected.x[0][rows, place], atol=0.006, rtol=1e-5)
    spread = [float(found["impute_uncertainty"][row + 1][at]) for row in rows]
    np.testing.assert_allclose(spread, expected.uncertainty[rows, place], rtol=1e-5)


@pytest.mark.slow
def test_several_imputations_are_draws_in_files_of_their_own(fill, learnt):
    found, _ = fill("mode.n=3")
    assert list(found) == ["impute_1", "impute_2", "impute_3", "impute_uncertainty"]
    came = np.array(read(learnt[0] / "others.csv"))
    several = np.array([found[f"impute_{k}"] for k in (1, 2, 3)])
    assert np.all(several[:, came != ""] == came[came != ""])
    at = list(came[0]).index("income")
    gaps = came[:, at] == ""
    assert np.all(several[0][gaps, at] != several[1][gaps, at])


def test_a_second_run_leaves_no_imputation_of_the_first(fill):
    fill("mode.n=2")
    assert list(fill()[0]) == ["impute", "impute_uncertainty"]


@pytest.mark.slow
def test_rows_can_be_chosen(fill):
    found, _ = fill("mode.split=test", "data.test_fraction=0.25")
    assert len(found["impute"]) == 1 + ROWS // 4
    assert [row[0] for row in found["impute"][1:3]] == ["r00003", "r00007"]


def test_a_table_without_gaps(fill, learnt, tmp_path, caplog):
    whole = mixed_table(20, gaps=False)
    whole.write_csv(tmp_path / "whole.csv")
    with caplog.at_level(logging.INFO, "kvae"):
        found, folder = fill(f"data.path={tmp_path / 'whole.csv'}")
    assert "the table has no gaps in the columns that were learnt: it is written unchanged" in caplog.text
    assert found["impute"] == read(tmp_path / "whole.csv")
    assert json.loads(folder.metrics.read_text())["imputed"] == 0


@pytest.mark.slow
def test_rows_of_which_nothing_is_known(fill, learnt, tmp_path, caplog):
    _, table = learnt
    rows = mixed_table(8).with_columns(pl.lit(None).alias(name) for name in table.names)
    rows.write_csv(tmp_path / "empty.csv")
    with caplog.at_level(logging.INFO, "kvae"):
        found, _ = fill(f"data.path={tmp_path / 'empty.csv'}")
    assert "8 rows have no known value: they are filled from the prior alone" in caplog.text
    assert all(all(row) for row in found["impute"][1:])


def test_wrong_keys(learnt, tmp_path):
    path, _ = learnt
    keys = ["data=table", f"data.path={path / 'others.csv'}", *MODEL, "mode=impute", f"mode.run={path / 'run'}"]
    with pytest.raises(
        InputError, match=r"mode.n=2.*Type mode.draw=sample, or mode.n=1. Received: mode.draw=mean"
    ):
        impute.run(compose(*keys, "mode.n=2", "mode.draw=mean"), RunFolder(tmp_path / "used"))
    with pytest.raises(InputError, match=r"mode.n must be an integer from 1 to 200.*0"):
        compose(*keys, "mode.n=0")


def test_a_run_that_learnt_no_table(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((30, 4)))
    own = ["data=file", f"data.path={tmp_path / 'x.npy'}", "model=tiny"]
    save_run(tmp_path / "numbers", *own)
    keys = [*own, "mode=impute", f"mode.run={tmp_path / 'numbers'}"]
    with pytest.raises(
        InputError, match=r"mode=impute needs a run that learnt a table, and .*numbers learnt other"
    ):
        impute.run(compose(*keys), RunFolder(tmp_path / "used"))
