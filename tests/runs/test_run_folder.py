import json
import os
import re

import numpy as np
import pytest

from kvae.errors import InputError
from kvae.runs import ModuleFolder, RunFolder, find_learnt_run, git_commit, learnt_runs
from kvae.runs.files import read_json, whole_file
from kvae.runs.learnt import main_differences

SPECIAL = np.array([[0.1, -1e-30, 3e38], [1e-45, 7.0, -0.0]], np.float32)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole_file(path) as part:
        part.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("shape", [(500, 3), (20_003, 2), (3, 4, 5)])
def test_rows_are_read_back_equal(tmp_path, shape):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    array.reshape(-1)[:6] = SPECIAL.ravel()
    expected = array.reshape(len(array), -1)
    txt = ModuleFolder(tmp_path, "txt").write_rows("z_learn", array)
    np.testing.assert_array_equal(np.loadtxt(txt, dtype=np.float32, ndmin=2), expected)
    npy = ModuleFolder(tmp_path, "npy").write_rows("z_learn", array)
    np.testing.assert_array_equal(np.load(npy, allow_pickle=False), expected)


def test_the_log_has_a_header_and_whole_iterations(tmp_path):
    rows = [{"iteration": 10, "loss": 1 / 3, "kl": 2.0}, {"iteration": 20, "loss": 0.25, "kl": 1.0}]
    ModuleFolder(tmp_path).write_log("loss", rows, ["iteration", "loss", "kl"])
    lines = (tmp_path / "loss.txt").read_text().splitlines()
    assert lines[0] == "# iteration loss kl"
    assert lines[1].startswith("10 0.33333333 2")
    assert np.loadtxt(tmp_path / "loss.txt").shape == (2, 3)


def test_the_metrics_of_a_table_of_many_columns_are_read(tmp_path):
    metrics = {f"val_loss_gene{i}": float(i) for i in range(60_000)}
    RunFolder(tmp_path).write_metrics(metrics)
    assert RunFolder(tmp_path).read_metrics() == metrics


def make_run(outputs, name, age, latent_dim=2, mode="learn", finished=True):
    run = RunFolder(outputs / name)
    config = {"mode": {"name": mode}, "data": {"name": "digits"}, "model": {"latent_dim": latent_dim}}
    run.write_run(config)
    run.vae.path.mkdir()
    run.vae.model.touch()
    if finished:
        run.write_metrics({"loss": 1.0})
        os.utime(run.path / "metrics.json", (1e9 - age, 1e9 - age))
    return config


def write_config(config, path, **changes):
    RunFolder(path).write_run(config | changes)


def test_the_newest_finished_learnt_run_that_fits_is_found(tmp_path):
    config = make_run(tmp_path, "old", age=30)
    make_run(tmp_path, "sweep/0/new", age=20)
    make_run(tmp_path, "other", age=10, latent_dim=3)
    make_run(tmp_path, "recog", age=5, mode="recog")
    make_run(tmp_path, "unfinished", age=1, finished=False)
    assert find_learnt_run(config, tmp_path).path == tmp_path / "sweep/0/new"


def test_a_run_of_another_name_data_set_or_size_of_images_does_not_fit(tmp_path):
    config = make_run(tmp_path, "own", age=30)
    for i, (key, value) in enumerate({"data": {"name": "mnist"}, "name": "other"}.items()):
        write_config(make_run(tmp_path, f"new{i}", age=10), tmp_path / f"new{i}", **{key: value})
    make_run(tmp_path, "new2", age=10)
    write_config(config, tmp_path / "new2", data={"name": "digits", "height": 32})
    assert find_learnt_run(config, tmp_path).path == tmp_path / "own"


def test_of_runs_that_fit_the_one_that_learnt_this_file_comes_first(tmp_path):
    config = make_run(tmp_path, "own", age=30)
    config["data"]["path"] = "a.csv"
    write_config(config, tmp_path / "own")
    make_run(tmp_path, "new", age=10)
    write_config(config, tmp_path / "new", data={"name": "digits", "path": "b.csv"})
    assert find_learnt_run(config, tmp_path).path == tmp_path / "own"
    other = config | {"data": {"name": "digits", "path": "c.csv"}}
    assert find_learnt_run(other, tmp_path).path == tmp_path / "new"


def test_a_run_whose_columns_differ_is_listed_with_them(tmp_path):
    config = make_run(tmp_path, "old", age=30)
    make_run(tmp_path, "new", age=10)
    unlike = {"old": None, "new": "columns a, b (there) c (here)"}
    assert find_learnt_run(config, tmp_path, lambda run: unlike[run.path.name]).path == tmp_path / "old"
    with pytest.raises(InputError, match=r"new: columns a, b \(there\) c \(here\)"):
        find_learnt_run(config, tmp_path, lambda _: unlike["new"])


def test_runs_that_do_not_fit_are_listed_with_their_differences(tmp_path):
    config = make_run(tmp_path, "only", age=30)
    config["model"]["latent_dim"] = 7
    with pytest.raises(InputError, match=re.escape(f"{tmp_path}/only: model.latent_dim=2 (there) 7 (here)")):
        find_learnt_run(config, tmp_path)
    with pytest.raises(InputError, match="no finished learnt run under outputs=nowhere"):
        find_learnt_run(config, "nowhere")


def test_of_runs_that_do_not_fit_those_of_this_data_are_listed_first(tmp_path):
    config = make_run(tmp_path, "own", age=30)
    write_config(config, tmp_path / "own", data={"name": "digits", "path": "a.csv"})
    for number in range(6):
        make_run(tmp_path, f"new{number}", age=10)
        write_config(config, tmp_path / f"new{number}", data={"name": "mnist", "path": "b.csv"})
    wanted = config | {"data": {"name": "digits", "path": "a.csv"}, "model": config["model"] | {"latent_dim": 7}}
    first = re.escape(
        "Learnt runs, those of this data first, and their differences:\n"
        f"  {tmp_path}/own: model.latent_dim=2 (there) 7 (here)"
    )
    with pytest.raises(InputError, match=first):
        find_learnt_run(wanted, tmp_path)
    with pytest.raises(InputError, match="Learnt runs, the most similar first, and their differences:"):
        find_learnt_run(wanted | {"data": {"name": "table"}}, tmp_path)


@pytest.mark.parametrize("off", [None, 0.0, False, [], ""])
def test_a_key_that_was_unknown_when_a_run_was_learnt_is_off_there(tmp_path, off):
    config = make_run(tmp_path, "old", age=30)
    config["model"]["unheard_of"] = off
    assert find_learnt_run(config, tmp_path).path == tmp_path / "old"
    config["model"]["unheard_of"] = 0.5
    with pytest.raises(InputError, match=re.escape("model.unheard_of=None (there) 0.5 (here)")):
        find_learnt_run(config, tmp_path)


def test_of_other_runs_the_most_similar_ones_are_listed_first(tmp_path):
    config = make_run(tmp_path, "similar", age=30)
    for number in range(5):
        other = config | {"name": "other", "prior": {"name": "gmm"}}
        write_config(make_run(tmp_path, f"new{number}", age=10), tmp_path / f"new{number}", **other)
    wanted = config | {"model": config["model"] | {"latent_dim": 7}, "data": {"name": "digits", "path": "b.csv"}}
    with pytest.raises(InputError, match=rf":\n  {tmp_path}/similar: model.latent_dim=2 \(there\) 7 \(here\)\n"):
        find_learnt_run(wanted, tmp_path)


def test_differences_that_follow_from_others_are_not_listed():
    model = ["model.hidden_decoder_dim=9 (there) 3 (here)", "model.decoder.hidden_decoder_dim=9 (there) 3 (here)"]
    assert main_differences(model) == model[:1]
    assert main_differences(["name=a (there) b (here)", "data.name=c (there) d (here)", *model]) == [
        "name=a (there) b (here)",
        "data.name=c (there) d (here)",
    ]
    other = ["model.decoder.hidden_decoder_dim=8 (there) 3 (here)", "prior.name=gmm (there) standard (here)"]
    assert main_differences([*model[:1], *other]) == [*model[:1], *other]


def test_a_run_without_metrics_is_not_finished(tmp_path):
    run = RunFolder(tmp_path)
    assert not run.finished
    run.write_metrics({"loss": 1.5})
    assert run.finished
    assert run.read_metrics() == {"loss": 1.5}
    run.reopen()
    assert not run.finished


def test_a_run_that_begins_again_deletes_its_own_earlier_results_only(tmp_path):
    run, kept = RunFolder(tmp_path), ["my_impute_2.csv", "impute_mine.csv", "impute_2.csv.bak", "model.keras"]
    run.vae.path.mkdir()
    for name in ("impute.csv", "impute_2.csv", *kept):
        (run.vae.path / name).write_text("1")
    (run.vae.path / "impute_3.csv").symlink_to(run.vae.path / "model.keras")
    run.reopen()
    assert len(list(run.vae.path.iterdir())) == 7
    run.reopen(r"impute(_\d+)?\.csv")
    assert {path.name for path in run.vae.path.iterdir()} == {*kept, "impute_3.csv"}


def test_damaged_json_is_one_clear_error(tmp_path):
    (tmp_path / "run.json").write_text("{torn")
    with pytest.raises(InputError, match=r"run\.json is missing or damaged"):
        read_json(tmp_path / "run.json")


def test_run_json_names_what_ran(tmp_path):
    RunFolder(tmp_path).write_run({"a": 1})
    values = json.loads((tmp_path / "run.json").read_text())
    assert values["config"] == {"a": 1}
    assert {"keras", "tensorflow", "numpy"} <= values["versions"].keys()
    assert git_commit() is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", git_commit())


def test_copies_that_a_tracker_keeps_are_no_learnt_runs(tmp_path):
    make_run(tmp_path, "own", age=30)
    make_run(tmp_path / "mlflow/0123", "artifacts", age=0)
    assert [run.path.name for run in learnt_runs(tmp_path)] == ["own"]


def test_files_for_a_record_are_the_small_ones_or_all(tmp_path):
    run = RunFolder(tmp_path)
    small = [
        "metrics.json",
        "report.html",
        ".hydra/config.yaml",
        "module001_vae/loss.png",
        "module001_vae/val_loss.txt",
    ]
    large = ["module001_vae/model.keras", "module001_vae/z_learn.txt"]
    neither = [".lock", "mlflow.json", "tensorboard/events", "module001_vae/.part-loss.txt"]
    for name in small + large + neither:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert {path.relative_to(tmp_path).as_posix() for path in run.files(small=True)} == set(small)
    assert {path.relative_to(tmp_path).as_posix() for path in run.files(small=False)} == {*small, *large}
    assert [path.name for path in run.pictures()] == ["loss.png"]
