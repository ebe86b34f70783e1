"""`data=table` from end to end, as a user types it."""

import json
import math

import numpy as np
import polars as pl
import pytest
from command import kvae, results_of, run_folder, uncompiled
from mixed_table import mixed_table

from kvae.data.table import read_frame

LEARNT = ["age", "income", "sex", "sector"]
ALL = ["age", "height", "income", "visits", "sex", "sector", "size", "since", "active"]
TABLE = ["data=table", "data.path=x.csv", f"data.columns=[{','.join(LEARNT)}]", "data.label_column=sector"]
SMALL = ["model.latent_dim=2", "model.hidden_encoder_dim=8", "model.hidden_decoder_dim=8", "train.batch_size=64"]
LEARN = [*TABLE, *SMALL, "train.itr=2"]


def written(folder, n=150, seed=0):
    mixed_table(n, seed).write_csv(folder / "x.csv")
    return folder


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A folder in which a table was learnt: itself, what was printed, and the run folder."""
    cwd = written(tmp_path_factory.mktemp("table"))
    result = uncompiled(cwd, *LEARN, "data.id_column=row")
    return cwd, result, run_folder(result, cwd)


def test_rows_come_back_as_rows_beside_their_ids_and_labels(learnt):
    _, _, folder = learnt
    original, x_hat = mixed_table(150), pl.read_csv(folder / "module001_vae" / "x_hat_learn.csv")
    assert x_hat.columns == ["row", "label", *LEARNT]
    rows = original.filter(pl.col("row").is_in(x_hat["row"].to_list()))
    assert len(x_hat) == 120 and x_hat["row"].to_list() == rows["row"].to_list()
    assert x_hat["label"].to_list() == rows["sector"].to_list()
    assert x_hat["age"].dtype == pl.Int64 and x_hat["income"].round(2).equals(x_hat["income"])
    assert set(x_hat["sector"].unique()) <= set(original["sector"].unique())
    assert x_hat.null_count().sum_horizontal().item() == 0
    assert np.loadtxt(folder / "module001_vae" / "z_learn.txt").shape == (120, 2)


def test_the_losses_of_the_columns_are_the_reconstruction(learnt):
    metrics = json.loads((learnt[2] / "metrics.json").read_text())
    for prefix in ("", "val_"):
        losses = [metrics[f"{prefix}loss_{name}"] for name in LEARNT]
        assert math.fsum(losses) == pytest.approx(metrics[f"{prefix}reconstruction"], rel=1e-5)
        assert all(0 <= metrics[f"{prefix}calibration_{name}"] <= 1 for name in LEARNT)
    missing = mixed_table(150)["income"].is_null().sum()
    assert 120 * metrics["missing_income"] + 30 * metrics["val_missing_income"] == pytest.approx(missing)
    assert not {"mse", "psnr", "loss_row", "loss_note"} & metrics.keys()


def test_what_is_printed_and_shown(learnt):
    _, result, folder = learnt
    assert result.stderr == "" and "warning" not in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["column", "(held-out", "rows)", "loss", "missing", "calibration"] in lines
    assert [line[0] for line in lines[-1 - len(LEARNT) : -1]] == LEARNT
    page = (folder / "report.html").read_text()
    for text in ("Loss, held-out rows", "bernoulli", "Calibration of numbers", "Calibration of categories"):
        assert text in page
    pictures = {path.stem for path in (folder / "module001_vae").glob("*.png")}
    assert pictures >= {
        "table_reconstructions_learn",
        "table_samples",
        "calibration_numbers_learn",
        "latent_learn",
    }


@pytest.mark.slow
def test_columns_of_every_kind_come_back_as_they_were_written(tmp_path):
    written(tmp_path)
    folder = run_folder(uncompiled(tmp_path, "data=table", "data.path=x.csv", *SMALL, "train.itr=2"), tmp_path)
    original, x_hat = mixed_table(150), pl.read_csv(folder / "module001_vae" / "x_hat_learn.csv")
    assert x_hat.columns == ["row", *ALL]
    assert x_hat["age"].dtype == x_hat["visits"].dtype == pl.Int64 and x_hat["active"].dtype == pl.Boolean
    assert x_hat["since"].str.to_date().is_between(original["since"].min(), original["since"].max()).all()
    assert x_hat["height"].round(1).equals(x_hat["height"])
    for name in ("sex", "sector", "size"):
        assert set(x_hat[name].unique()) <= set(original[name].unique())


@pytest.mark.slow
def test_recognition_gives_what_learning_gave(learnt):
    cwd, _, folder = learnt
    recog = run_folder(
        uncompiled(cwd, *TABLE, *SMALL, "data.id_column=row", "mode=recog", "mode.split=train"), cwd
    )
    for name in ("z", "x_hat"):
        ending = "csv" if name == "x_hat" else "txt"
        texts = [(run / "module001_vae" / f"{name}_{mode}.{ending}").read_text() for run, mode in (
            (folder, "learn"), (recog, "recog"))]  # fmt: skip
        assert texts[0] == texts[1]
    learn, again = (json.loads((run / "metrics.json").read_text()) for run in (folder, recog))
    names = [name for name in again if name.startswith(("loss", "missing_", "calibration_"))]
    assert len(names) == 1 + 3 * len(LEARNT)
    assert {name: again[name] for name in names} == {name: learn[name] for name in names}


@pytest.mark.rare
def test_shards_are_joined_to_what_one_recognition_gives(learnt):
    cwd, _, _ = learnt
    recog = [*TABLE, *SMALL, "data.id_column=row", "mode=recog", "mode.split=all"]
    whole = run_folder(uncompiled(cwd, *recog), cwd)
    sweep = uncompiled(cwd, "-m", *recog, "mode.shard=0,1,2", "mode.n_shards=3", "hydra.sweep.dir=shards")
    assert sweep.returncode == 0, sweep.stderr
    from kvae.sweep.join import join

    joined = join(cwd / "shards").path
    name = "module001_vae/x_hat_recog.csv"
    assert (joined / name).read_text() == (whole / name).read_text()
    one, other = (json.loads((run / "metrics.json").read_text()) for run in (whole, joined))
    for column in LEARNT:
        assert other[f"missing_{column}"] == pytest.approx(one[f"missing_{column}"])


@pytest.mark.rare
def test_shards_of_an_evaluation_give_the_likelihood_of_one(learnt):
    cwd, _, _ = learnt
    evaluate = [*TABLE, *SMALL, "data.id_column=row", "mode=evaluate", "mode.split=all", "mode.n_samples=20"]
    whole = run_folder(uncompiled(cwd, *evaluate, "mode.generated=false"), cwd)
    sweep = uncompiled(cwd, "-m", *evaluate, "mode.shard=0,1,2", "mode.n_shards=3", "hydra.sweep.dir=parts")
    assert sweep.returncode == 0, sweep.stderr
    from kvae.sweep.join import join

    joined = join(cwd / "parts").path
    one, other = (json.loads((run / "evaluate.json").read_text()) for run in (whole, joined))
    for name in ("kl_per_dim", "mean_per_dim", "variance_per_dim"):
        np.testing.assert_allclose(other[name], one[name], rtol=1e-4, atol=1e-6)
    one, other = (json.loads((run / "metrics.json").read_text()) for run in (whole, joined))
    assert other["nll"] == pytest.approx(one["nll"], abs=4 * one["nll_se"])  # other draws
    assert other["active_units"] == one["active_units"]


@pytest.mark.slow
def test_a_run_that_was_cut_off_goes_on_to_the_byte(tmp_path):
    written(tmp_path)
    arguments = [*TABLE, *SMALL, "train.learning_rate_decay=null"]  # one that falls depends on where it is to end
    unbroken = results_of(run_folder(uncompiled(tmp_path, *arguments, "train.itr=4", "hydra.run.dir=a"), tmp_path))
    run_folder(uncompiled(tmp_path, *arguments, "train.itr=2", "hydra.run.dir=b"), tmp_path)
    again = results_of(run_folder(uncompiled(tmp_path, *arguments, "train.itr=4", "hydra.run.dir=b"), tmp_path))
    own = {"run.json", ".hydra/config.yaml", ".hydra/overrides.yaml", "module001_vae/loss.txt"}
    own |= {"module001_vae/val_loss.txt", "module001_vae/loss.png", "module001_vae/model.ckpt.npz"}
    names = (again.keys() | unbroken.keys()) - own
    assert {name for name in names if again.get(name) != unbroken.get(name)} == set()


@pytest.mark.rare
def test_a_sweep_with_patience_finds_the_best(tmp_path):
    written(tmp_path)
    result = uncompiled(
        tmp_path, "-m", *LEARN, "model.latent_dim=1,2", "train.patience=1", "objective=val_loss_income",
        "hydra.sweep.dir=swept",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "val_loss_income" in result.stdout and "the best:  python run.py" in result.stdout


@pytest.mark.slow
def test_parquet_that_stays_in_its_file_is_learnt_as_what_is_in_memory(tmp_path):
    read_frame(mixed_table(400)).write_parquet(tmp_path / "x.parquet", row_group_size=64)
    keys = ["data=table", "data.path=x.parquet", *SMALL, "train.itr=2", "data.split=last"]
    streamed = uncompiled(tmp_path, *keys, "data.memory=0")
    assert "streamed" in streamed.stdout
    folder = run_folder(streamed, tmp_path)
    metrics = json.loads((folder / "metrics.json").read_text())
    losses = [metrics[f"val_loss_{name}"] for name in ALL]
    assert math.fsum(losses) == pytest.approx(metrics["val_reconstruction"], rel=1e-5)
    assert len(pl.read_csv(folder / "module001_vae" / "x_hat_learn.csv")) == 320


@pytest.mark.slow
def test_a_mixture_gives_clusters_of_rows_without_labels(tmp_path):
    written(tmp_path)
    gmm = ["data=table", "data.path=x.csv", *SMALL, "prior=gmm", "prior.n_components=3"]
    folder = run_folder(uncompiled(tmp_path, *gmm, "train.itr=5", "prior.rounds=2"), tmp_path)
    recog = run_folder(uncompiled(tmp_path, *gmm, "mode=recog", "mode.split=all"), tmp_path)
    for run, mode, n in ((folder, "learn", 120), (recog, "recog", 150)):
        module = run / "module002_gmm"
        frame = pl.read_csv(module / f"clusters_{mode}.csv")
        classes = np.loadtxt(module / f"class_{mode}.txt").astype(int)
        assert frame["cluster"].to_list()[0] == "all" and frame["rows"][0] == n
        counts = np.bincount(classes, minlength=3)
        assert {int(k): rows for k, rows in zip(frame["cluster"][1:], frame["rows"][1:], strict=True)} == dict(
            enumerate(counts.tolist())
        )
        page = (run / "report.html").read_text()
        assert (
            f"Cluster {counts.argmax()}: {counts.max()} rows" in page
            and "A cluster compared with all rows" in page
        )


@pytest.mark.slow
def test_python_takes_frames_with_the_table_s_text_and_gaps(learnt):
    import pandas as pd

    from kvae import open_run

    _, _, folder = learnt
    run = open_run(folder)
    ids = pl.read_csv(folder / "module001_vae" / "x_hat_learn.csv")["row"].to_list()
    frame = mixed_table(150).filter(pl.col("row").is_in(ids))
    z = np.loadtxt(folder / "module001_vae" / "z_learn.txt")
    as_pandas = pd.DataFrame(frame.to_dict(as_series=False), index=ids)
    for given in (frame, as_pandas, frame[:, ::-1], str(folder.parents[3] / "x.csv")):
        got = run.encode(given)[0]
        np.testing.assert_allclose(got if len(got) == 120 else got[[int(i[1:]) for i in ids]], z, atol=1e-5)
    back = run.reconstruct(as_pandas)
    assert list(back.columns) == LEARNT and list(back.index) == ids and set(back["sex"]) <= {"female", "male"}
    assert isinstance(run.reconstruct(frame), pl.DataFrame) and run.generate(3).columns == LEARNT
    with pytest.raises(ValueError, match="income"):
        run.encode(frame.drop("income"))
    with pytest.raises(ValueError, match="'sex' holds 'x'"):
        run.encode(frame.with_columns(sex=pl.lit("x")))
    with pytest.raises(
        ValueError, match=r"numbers of shape \(n, 4\), categories by their numbers. Received: shape"
    ):
        run.encode(np.zeros((4, 3)))
    with pytest.raises(
        ValueError, match=r"an array of type <U1. Pass a table with text as a DataFrame with its column"
    ):
        run.encode([["a"] * 4])


@pytest.mark.slow
def test_the_model_is_exported_with_the_map_of_its_categories(learnt):
    cwd, _, _ = learnt
    folder = run_folder(uncompiled(cwd, *TABLE, *SMALL, "data.id_column=row", "mode=export"), cwd)
    record = json.loads((folder / "module001_vae" / "export.json").read_text())
    columns = {one["name"]: one for one in record["input"]["table"]["columns"]}
    assert sorted(columns["sex"]["categories"]) == ["female", "male"]
    assert record["encoder"]["inputs"]["x"]["units"].endswith("NaN where a value is missing")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["data.path=y.csv"], "y.csv"),
        (["data.path=x.csv", "data.label_column=z"], "z"),
        (["data.path=x.csv", "data.scale=minmax"], "data.scale"),
        (["data.path=x.csv", "data.id_column=z"], "z"),
    ],
)
def test_wrong_input_gets_one_line(tmp_path, keys, words):
    (tmp_path / "x.csv").write_text("a,b\n1,x\n2,y\n")
    result = kvae(tmp_path, "data=table", *keys)
    assert result.returncode == 1 and result.stderr.count("\n") == 1 and words in result.stderr
