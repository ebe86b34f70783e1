"""run.py as a user runs it: learning, recognising, and what it prints."""

import json
import subprocess
import sys

import numpy as np
import pytest
from command import RUN, TINY, cold, files_of, kvae, run_folder

from kvae.config import compose
from kvae.data import load_data
from kvae.modules.model_file import load_vae


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A folder in which the tiny model was learnt, what was printed, and the run folder."""
    cwd = tmp_path_factory.mktemp("learnt")
    result = cold(cwd, *TINY)  # what the bytes of all others are held against
    return cwd, result, run_folder(result, cwd)


def test_learn_writes_what_the_design_names(learnt):
    _, _, folder = learnt
    vae = folder / "module001_vae"
    names = {path.name for path in vae.iterdir()}
    pictures = {"loss.png", "reconstructions_learn.png", "latent_learn.png", "samples.png"}
    assert {"model.keras", "model.ckpt.npz", "loss.txt", "x_hat_learn.txt", "z_learn.txt"} <= names
    assert pictures <= names
    assert np.loadtxt(vae / "z_learn.txt").shape == (160, 2)
    x_hat = np.loadtxt(vae / "x_hat_learn.txt")
    assert x_hat.shape == (160, 64)
    assert 0 <= x_hat.min() <= x_hat.max() <= 1
    loss = np.loadtxt(vae / "loss.txt")
    assert (vae / "loss.txt").read_text().startswith("# iteration loss reconstruction kl\n")
    np.testing.assert_array_equal(loss[:, 0], [10, 20, 30, 40])
    np.testing.assert_allclose(loss[:, 1], loss[:, 2] + loss[:, 3], rtol=1e-5)
    assert loss[-1, 1] < loss[0, 1]


def test_learn_reports_its_metrics(learnt):
    _, result, folder = learnt
    metrics = json.loads((folder / "metrics.json").read_text())
    names = "loss reconstruction kl val_loss val_reconstruction val_kl active_units bits_per_dim seconds"
    assert set(names.split()) | {"observations_per_second"} == metrics.keys()
    assert metrics["val_loss"] == pytest.approx(metrics["val_reconstruction"] + metrics["val_kl"], rel=1e-5)
    assert metrics["bits_per_dim"] == pytest.approx(metrics["val_loss"] / 64 / np.log(2), rel=1e-5)
    assert "iteration 20/40" in result.stdout
    assert "val_loss" in result.stdout
    assert result.stderr == ""
    run = json.loads((folder / "run.json").read_text())
    assert run["config"]["model"]["latent_dim"] == 2
    assert "tensorflow" in run["versions"]


def test_recog_recognises_the_held_out_rows_and_changes_nothing(learnt):
    cwd, _, folder = learnt
    before = files_of(folder)
    result = kvae(cwd, *TINY[:2], "mode=recog")
    recognised = run_folder(result, cwd)
    assert files_of(folder) == before
    assert np.loadtxt(recognised / "module001_vae" / "z_recog.txt").shape == (40, 2)
    assert np.loadtxt(recognised / "module001_vae" / "x_hat_recog.txt").shape == (40, 64)
    metrics = json.loads((recognised / "metrics.json").read_text())
    learnt_metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["loss"] == pytest.approx(learnt_metrics["val_loss"], rel=1e-6)
    assert result.stderr == ""


def test_a_learnt_run_is_evaluated_with_the_loss_that_learning_had(learnt):
    cwd, _, folder = learnt
    result = kvae(cwd, *TINY[:2], "mode=evaluate", "mode.n_samples=500")
    evaluated = run_folder(result, cwd)
    metrics = json.loads((evaluated / "evaluate.json").read_text())
    assert metrics["loss"] == pytest.approx(
        json.loads((folder / "metrics.json").read_text())["val_loss"], rel=1e-6
    )
    # Below the ELBO of one draw a row, for all that this draw leaves to chance: the posterior is near the prior.
    assert metrics["nll"] < metrics["loss"] + 0.01 and "nll_se" in result.stdout
    assert (evaluated / "report.html").is_file() and result.stderr == ""


def test_recog_of_the_learning_rows_gives_the_codes_of_learning(learnt):
    cwd, _, folder = learnt
    result = kvae(cwd, *TINY[:2], "mode=recog", "mode.split=train", "format=npy", f"mode.run={folder}")
    z = np.load(run_folder(result, cwd) / "module001_vae" / "z_recog.npy")
    np.testing.assert_array_equal(z, np.loadtxt(folder / "module001_vae" / "z_learn.txt").astype(np.float32))


def test_the_same_seed_gives_the_same_bytes(learnt, tmp_path):
    _, _, folder = learnt
    again = run_folder(kvae(tmp_path, *TINY), tmp_path)
    for name in ("z_learn.txt", "x_hat_learn.txt", "loss.txt", "val_loss.txt"):
        assert (again / "module001_vae" / name).read_bytes() == (folder / "module001_vae" / name).read_bytes()


@pytest.mark.slow  # tests/modes/test_resume.py has it without the command line
def test_a_run_that_is_resumed_ends_as_one_that_was_not_stopped(learnt, tmp_path):
    _, _, folder = learnt
    first = run_folder(kvae(tmp_path, *TINY, "train.itr=20"), tmp_path)
    result = kvae(tmp_path, *TINY, f"train.resume={first}")
    assert "resuming from iteration 20 of 40" in result.stdout
    resumed = run_folder(result, tmp_path)
    for name in ("z_learn.txt", "loss.txt", "val_loss.txt"):
        assert (resumed / "module001_vae" / name).read_bytes() == (folder / "module001_vae" / name).read_bytes()


def test_the_same_folder_again_reports_and_does_not_repeat(learnt):
    cwd, _, folder = learnt
    before = files_of(folder / "module001_vae")
    result = kvae(cwd, *TINY, f"hydra.run.dir={folder}")
    assert result.returncode == 0
    assert "finished already, after 40 iterations" in result.stdout
    assert files_of(folder / "module001_vae") == before


def test_resuming_with_another_model_is_refused(learnt):
    cwd, _, folder = learnt
    before = files_of(folder / "module001_vae")
    result = kvae(cwd, *TINY, "model.latent_dim=3", f"hydra.run.dir={folder}")
    assert result.returncode == 1
    assert "model.latent_dim=2 (there) 3 (here)" in result.stderr
    assert files_of(folder / "module001_vae") == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model.latent_dim=-1"], "model.latent_dim must be an integer >= 1. Received: -1"),
        (["model.latent_dimm=3"], "unknown key model.latent_dimm."),
        (["model=huge"], "unknown model=huge. Allowed: conv, guide, mlp, table, tiny"),
        (["data=file", "data.path=wide.csv"], "Received: 7 in row 1, column 0"),
        (["mode=recog"], "no finished learnt run under outputs=outputs"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_1(tmp_path, arguments, message):
    (tmp_path / "wide.csv").write_text("0,1\n7,0\n1,1\n0,0\n1,0\n")
    result = kvae(tmp_path, *arguments)
    assert result.returncode == 1
    assert not list(tmp_path.rglob("run.log"))
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stdout + result.stderr
    assert not list(tmp_path.rglob("metrics.json"))


def test_recog_lists_the_runs_that_do_not_fit(learnt):
    cwd, _, folder = learnt
    result = kvae(cwd, *TINY[:2], "mode=recog", "model.latent_dim=5")
    assert result.returncode == 1
    assert f"{folder.relative_to(cwd)}: model.latent_dim=2 (there) 5 (here)" in result.stderr


def test_recog_of_a_damaged_model_is_one_error(learnt, tmp_path):
    import shutil

    cwd, _, folder = learnt
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged)
    model = damaged / "module001_vae" / "model.keras"
    model.write_bytes(model.read_bytes()[:500])
    result = kvae(cwd, *TINY[:2], "mode=recog", f"mode.run={damaged}")
    assert result.returncode == 1
    assert "is no model that can be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_shows_groups_and_keys_without_tensorflow(tmp_path):
    code = (
        f"import sys, runpy; sys.path.insert(0, {str(RUN.parent)!r}); sys.argv = ['run.py', '--help']\n"
        f"try: runpy.run_path({str(RUN)!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "model: conv, guide, mlp, table, tiny" in result.stdout
    assert "latent_dim: 10" in result.stdout


def test_cfg_job_prints_the_composed_config(tmp_path):
    result = kvae(tmp_path, "--cfg", "job", "model.latent_dim=7")
    assert result.returncode == 0
    assert "latent_dim: 7" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.slow  # tests/modules/test_vae_results.py has it without the command line
def test_recog_can_write_a_sample_of_each_posterior(learnt):
    cwd, _, folder = learnt
    arguments = [*TINY[:2], "mode=recog", "format=npy"]
    recognised = run_folder(kvae(cwd, *arguments, "mode.latent=sample"), cwd)
    z = np.load(recognised / "module001_vae" / "z_recog.npy")
    vae = load_vae(folder / "module001_vae" / "model.keras")
    x = load_data(compose(*TINY).data, 0).test.x
    np.testing.assert_allclose(z, vae.sample_posterior(x, seed=0), rtol=1e-5, atol=1e-6)
    assert 0.1 < np.abs(z - vae.encode(x)[0]).mean() < 2.0


@pytest.mark.slow  # tests/modules/test_vae.py has it without the command line
def test_a_file_of_zeros_as_message_gives_the_vae_without_one(learnt, tmp_path):
    _, _, folder = learnt
    np.save(tmp_path / "mu.npy", np.zeros((200, 2)))
    told = run_folder(kvae(tmp_path, *TINY, "prior=message", "prior.path=mu.npy"), tmp_path)
    for name in ("z_learn.txt", "loss.txt", "val_loss.txt"):
        assert (told / "module001_vae" / name).read_bytes() == (folder / "module001_vae" / name).read_bytes()
