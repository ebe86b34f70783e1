"""`mode=generate` of a run that learnt a table."""

import json
import logging
import re

import numpy as np
import polars as pl
import pytest
from learnt import save_run
from mixed_table import mixed_table
from PIL import Image

from kvae.config import compose
from kvae.data.table import read_frame
from kvae.errors import InputError
from kvae.modes import generate
from kvae.runs import RunFolder
from kvae.uses import open_run

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]

MODEL = ["model=tiny", "model.likelihood=table", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A run as learning leaves it, of a model with random weights, and the keys of its data."""
    path = tmp_path_factory.mktemp("learnt")
    mixed_table(300).write_csv(path / "people.csv")
    keys = ["data=table", f"data.path={path / 'people.csv'}", "data.missing=learn", *MODEL]
    save_run(path / "run", *keys)
    return path / "run", keys


@pytest.fixture(scope="module")
def opened(learnt):
    return open_run(learnt[0])


@pytest.fixture
def make(learnt, tmp_path):
    """New rows with the keys given: the table, and the folder of the VAE."""

    def run(*keys):
        path, own = learnt
        config = compose(*own, "mode=generate", f"mode.run={path}", *keys)
        _, folder = generate.run(config, RunFolder(tmp_path / "used"))
        return pl.read_csv(folder.vae.path / "x_generate.csv", try_parse_dates=True), folder

    return run


def test_new_rows_are_like_the_tables_own(make, learnt, caplog):
    with caplog.at_level(logging.INFO, "kvae"):
        found, folder = make()
    original = pl.read_csv(learnt[0].parent / "people.csv", try_parse_dates=True)
    assert found.columns == [name for name in original.columns if name not in ("row", "note")]
    assert "not generated, since the run did not learn these columns: row, note" in caplog.text
    assert "values are missing as in" not in caplog.text  # they are learnt
    assert len(found) == 240  # the rows that were learnt
    for name in found.columns:
        assert found[name].dtype == original[name].dtype, name
    assert set(found["sector"]) <= set(original["sector"]) and set(found["size"]) <= {"low", "medium", "high"}
    assert found["country"].to_list() == ["NL"] * 240
    assert found["visits"].min() >= 0
    assert found["height"].null_count() and found["income"].null_count() and not found["age"].null_count()
    one = found["height"].drop_nulls()
    assert (one == one.round(1)).all() and one.n_unique() > 50
    z = np.loadtxt(folder.vae.path / "z_generate.txt")
    assert z.shape == (240, 2)
    Image.open(folder.vae.path / "generated_table.png").verify()
    assert "Columns of the new rows" in (folder.path / "report.html").read_text()
    assert json.loads((folder.path / "metrics.json").read_text())["n"] == 240


WHERE = {
    "{sex: female}": pl.col("sex") == "female",
    "{age: >60}": pl.col("age") > 60,
    "{since: 2019-01-01..2019-06-30}": pl.col("since").is_between(pl.lit("2019-01-01"), pl.lit("2019-06-30")),
    "{sector: [mining, farming], visits: [0, 3]}": pl.col("sector").is_in(["mining", "farming"])
    & pl.col("visits").is_in([0, 3]),
    "{income: null, active: true}": pl.col("income").is_null() & pl.col("active"),
    "{height: 170.5, size: >=medium}": (pl.col("height") == 170.5) & pl.col("size").is_in(["medium", "high"]),
}


@pytest.mark.slow  # the commands and Python above and below keep some of it
def test_all_rows_keep_what_is_asked(opened):
    for where, kept in WHERE.items():
        found = opened.generate(30, where=where)
        assert len(found) == 30 and found.select(kept.all()).item(), where


@pytest.mark.slow
def test_all_rows_of_a_command_keep_what_is_asked(make):
    found, folder = make("mode.where={sex: female, age: >60}", "mode.n=30", "mode.sampler=prior")
    assert len(found) == 30 and (found["sex"] == "female").all() and found["age"].min() > 60
    assert np.isfinite(np.loadtxt(folder.vae.path / "z_generate.txt")).all()
    assert (folder.vae.path / "generated_table.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        (["mode.sampler=posterior", "mode.index=7", "mode.n=6"], 6),
        (["mode.sampler=interpolate", "mode.index=[3,8]", "mode.draw=mean"], 10),
        (["mode.sampler=prior", "mode.draw=mean", "mode.n=4"], 4),
    ],
)
def test_other_codes(make, keys, rows):
    found, folder = make(*keys)
    assert len(found) == rows and found["country"].to_list() == ["NL"] * rows
    assert (folder.vae.path / "generated_table.png").is_file()
    if "mode.draw=mean" in keys:
        assert not found["height"].null_count()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["mode.where={agee: 3}"], "the column 'agee', which this run did not learn. Did you mean age?"),
        (["mode.where={note: x}"], "the column 'note', which was not learnt: "),
        (["mode.where={sex: femal}"], "mode.where.sex must be one of female, male. Received: 'femal'"),
        (["mode.where={since: soon}"], "mode.where.since must be a date, such as 2020-01-31"),
        (
            ["mode.where={sex: female}", "mode.draw=mean"],
            "mode.where does not go with mode.draw=mean. Leave it out",
        ),
        (
            ["mode.where={sex: female}", "mode.sampler=posterior"],
            "Leave it out, or type mode.sampler=prior or gmm",
        ),
        (["mode.where=3"], "mode.where must be conditions by column or null. Received: 3"),
    ],
)
def test_mistakes_are_found_before_anything_is_announced(make, keys, said, caplog):
    with pytest.raises(InputError) as error, caplog.at_level(logging.INFO, "kvae"):
        make(*keys)
    assert said in str(error.value)
    assert "generating with" not in caplog.text


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A run that learnt the same table given sex and age, and the keys of its data."""
    path = tmp_path_factory.mktemp("conditional")
    mixed_table(300).write_csv(path / "people.csv")
    keys = ["data=table", f"data.path={path / 'people.csv'}", *MODEL, "model.condition=[age,sex]"]
    save_run(path / "run", *keys)
    return path / "run", keys


@pytest.mark.parametrize("draw", ["mean", "sample"])
def test_rows_around_one_row_have_its_condition(conditional, tmp_path, draw):
    path, own = conditional
    keys = ["mode=generate", f"mode.run={path}", "mode.sampler=posterior", "mode.index=3", "mode.split=all"]
    _, folder = generate.run(compose(*own, *keys, "mode.n=6", f"mode.draw={draw}"), RunFolder(tmp_path / "new"))
    found, row = pl.read_csv(folder.vae.path / "x_generate.csv"), mixed_table(300).row(3, named=True)
    assert found["sex"].to_list() == [row["sex"]] * 6 and found["age"].to_list() == [row["age"]] * 6
    assert len(set(found["income"].to_list())) == 6


@pytest.mark.parametrize("key", ["sampler=interpolate", "prior_mu=mu.txt"])
def test_codes_without_a_condition_are_refused(conditional, tmp_path, monkeypatch, key):
    monkeypatch.chdir(tmp_path)
    np.savetxt("mu.txt", np.zeros((1, 2)))
    path, own = conditional
    config = compose(*own, "mode=generate", f"mode.run={path}", f"mode.{key}", "mode.draw=mean")
    said = (
        rf"mode.{key} does not go with a run of model.condition=\[age,sex\], to which it gives no values\. Leave"
    )
    with pytest.raises(InputError, match=said):
        generate.run(config, RunFolder(tmp_path / "new"))


@pytest.mark.slow
def test_without_the_learnt_rows_codes_come_from_the_prior(learnt, tmp_path, caplog):
    path, own = learnt
    keys = [key.replace("people.csv", "copy.csv") for key in own]
    mixed_table(300).write_csv(path.parent / "copy.csv")
    save_run(tmp_path / "run", *keys)
    (path.parent / "copy.csv").unlink()
    run = open_run(tmp_path / "run")
    with caplog.at_level(logging.WARNING, "kvae"):
        found = run.generate(5)
    assert len(found) == 5 and "codes come from N(0, I)" in caplog.text


def test_from_python_it_is_a_frame(opened):
    asked = {"sex": "female", "age": ">60"}
    found = opened.generate(20, where=asked, seed=1)
    assert isinstance(found, pl.DataFrame) and found["country"].to_list() == ["NL"] * 20
    assert found.equals(opened.generate(20, where=asked, seed=1))
    assert not found.equals(opened.generate(20, where=asked, seed=2))
    for keys, said in [
        ({"where": {"sex": 3}}, r"^where.sex must be one of female, male\. Received: 3"),
        ({"where": asked, "draw": "mean"}, r"`where` needs draw='sample'. Received: draw='mean'"),
        ({"sampler": "best"}, r"`sampler` must be one of prior, gmm\. Received: sampler='best'"),
    ]:
        with pytest.raises(ValueError, match=said):
            opened.generate(20, **keys)


def test_new_rows_open_beside_a_file_with_semicolons_and_decimal_commas(tmp_path):
    lines = [f"{i % 7 + 0.25 * (i % 3)};{('süd', 'nord')[i % 2]};{i % 9}".replace(".", ",") for i in range(60)]
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["Größe;Ort;Anzahl", *lines, ""]), encoding="cp1252")
    keys = ["data=table", f"data.path={path}", *MODEL]
    save_run(tmp_path / "run", *keys)
    _, folder = generate.run(
        compose(*keys, "mode=generate", f"mode.run={tmp_path / 'run'}"), RunFolder(tmp_path / "used")
    )
    made = folder.vae.path / "x_generate.csv"
    first, *rows = made.read_text().splitlines()
    assert first == "Größe;Ort;Anzahl" and len(rows) == 48
    assert all(re.fullmatch(r"-?\d+,\d+;(süd|nord);\d+", row) for row in rows)
    own, new = read_frame(path), read_frame(made)
    assert (
        new.schema == own.schema and new["Größe"].is_between(own["Größe"].min() - 9, own["Größe"].max() + 9).all()
    )
