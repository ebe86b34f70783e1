"""run.py with a mixture, and with messages from a file."""

import json
import subprocess
import sys

import numpy as np
import pytest
from command import RUN, TINY, files_of, results_of, run_folder, uncompiled

GMM = ["prior=gmm", "prior.n_components=3", "prior.rounds=2", "prior.n_starts=3", "model=tiny", "data.limit=200"]


LOOP = [*GMM, "train.itr=20", "train.log_every=10"]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A folder in which VAE and mixture taught each other, what was printed, and the run folder."""
    cwd = tmp_path_factory.mktemp("taught")
    result = uncompiled(cwd, *LOOP)
    return cwd, result, run_folder(result, cwd)


def test_vae_and_mixture_teach_each_other(taught):
    _, result, folder = taught
    gmm = folder / "module002_gmm"
    names = {path.name for path in gmm.iterdir()}
    tables = {f"{name}_learn.txt" for name in ("acc", "class", "mu", "Pdz")}
    pictures = {"components.png", "confusion_learn.png", "latent_round1.png", "rounds.png"}
    assert names == {"model.npz", "rounds.txt"} | tables | pictures
    assert np.loadtxt(gmm / "Pdz_learn.txt").shape == (160, 3)
    assert np.loadtxt(gmm / "mu_learn.txt").shape == (160, 2)
    metrics = json.loads((folder / "metrics.json").read_text())
    for name in ("accuracy", "nmi", "ari"):
        assert metrics[name] == metrics[f"{name}_round2"]
        assert {f"{name}_round1", f"val_{name}"} <= metrics.keys()
    assert metrics["accuracy"] == pytest.approx(float(np.loadtxt(gmm / "acc_learn.txt")))
    np.testing.assert_array_equal(np.loadtxt(folder / "module001_vae/loss.txt")[:, 0], [10, 20, 30, 40])
    assert "round 2 of 2: mixture (start: " in result.stdout
    assert result.stderr == ""


def test_recog_recognises_with_both_modules(taught):
    cwd, _, folder = taught
    before = files_of(folder)
    result = uncompiled(cwd, *GMM, "mode=recog")
    recognised = run_folder(result, cwd)
    assert files_of(folder) == before
    assert {path.name for path in (recognised / "module002_gmm").iterdir()} == {
        "acc_recog.txt", "class_recog.txt", "mu_recog.txt", "Pdz_recog.txt", "confusion_recog.png",
    }  # fmt: skip
    metrics = json.loads((recognised / "metrics.json").read_text())
    learnt = json.loads((folder / "metrics.json").read_text())
    assert metrics["accuracy"] == pytest.approx(learnt["val_accuracy"])
    assert metrics["loss"] == pytest.approx(learnt["val_loss"], rel=1e-4)


@pytest.mark.slow  # tests/modes/test_resume.py has it without the command line
def test_a_message_loop_that_is_stopped_between_rounds_ends_as_one_that_was_not(taught, tmp_path):
    _, _, folder = taught
    begun = tmp_path / "begun"
    program = tmp_path / "stopped.py"
    program.write_text(
        "import runpy\n"
        "from kvae.modules.network_training import NetworkTraining\n"
        "update = NetworkTraining.update\n"
        "def stop(*arguments):\n"
        "    update(*arguments)\n"
        "    raise KeyboardInterrupt\n"
        "NetworkTraining.update = stop\n"
        f"runpy.run_path({str(RUN)!r}, run_name='__main__')\n"
    )
    command = [sys.executable, str(program), *LOOP, "train.jit_compile=false", f"hydra.run.dir={begun}"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert "interrupted; iteration 20 of 40 is kept" in first.stdout, first.stderr
    assert not (begun / "metrics.json").exists()
    result = uncompiled(tmp_path, *LOOP, f"hydra.run.dir={begun}")
    assert "resuming from iteration 20 of 40" in result.stdout, result.stderr
    begun_files, unbroken = results_of(begun), results_of(folder)
    assert {name for name in begun_files.keys() | unbroken if begun_files.get(name) != unbroken.get(name)} == set()
    (begun / "module002_gmm/model.npz").unlink()
    refused = uncompiled(tmp_path, *LOOP, "prior.rounds=3", f"hydra.run.dir={begun}")
    assert "the VAE is at iteration 40, but there is no model.npz of the round before" in refused.stderr
    assert (begun / "module002_gmm/rounds.txt").read_bytes() == (folder / "module002_gmm/rounds.txt").read_bytes()


@pytest.mark.slow  # a whole command; its parts are tested where they stand
def test_a_mixture_without_labels_reports_no_accuracy(tmp_path):
    np.savetxt(tmp_path / "x.txt", np.random.default_rng(0).random((60, 4)))
    data = ["data=file", "data.path=x.txt", "model=tiny", "train.itr=4"]
    folder = run_folder(uncompiled(tmp_path, *data, *GMM[:4], "prior.message=full", "prior.damping=0.5"), tmp_path)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert "small_components" in metrics
    assert not [name for name in metrics if "accuracy" in name or "nmi" in name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prior=message"], "prior=message needs prior.path"),
        (["prior=message", "prior.path=mu.npy"], r"shape (200, 2). Received: shape (3, 2)"),
    ],
)
def test_messages_that_do_not_fit_are_one_line(tmp_path, arguments, message):
    np.save(tmp_path / "mu.npy", np.zeros((3, 2)))
    result = uncompiled(tmp_path, *TINY, *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
