"""run.py as a user runs it: in a process of its own, in a folder of its own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

RUN = Path(__file__).resolve().parents[1] / "run.py"
TINY = ["model=tiny", "data.limit=200", "train.itr=40", "train.log_every=10"]


def kvae(cwd, *arguments):
    """Run `python run.py ARGUMENTS` in `cwd`."""
    return subprocess.run(
        [sys.executable, str(RUN), *arguments], cwd=cwd, capture_output=True, text=True, timeout=300
    )


def run_folder(result, cwd):
    """The run folder that a successful run names in its last line."""
    assert result.returncode == 0, result.stderr
    return cwd / result.stdout.strip().splitlines()[-1].removeprefix("run folder: ")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A folder in which the tiny model was learnt, what was printed, and the run folder."""
    cwd = tmp_path_factory.mktemp("learnt")
    result = kvae(cwd, *TINY)
    return cwd, result, run_folder(result, cwd)


def files_of(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


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


def test_recog_of_the_learning_rows_gives_the_codes_of_learning(learnt):
    cwd, _, folder = learnt
    result = kvae(cwd, *TINY[:2], "mode=recog", "mode.split=train", "format=npy", f"mode.run={folder}")
    z = np.load(run_folder(result, cwd) / "module001_vae" / "z_recog.npy")
    np.testing.assert_array_equal(z, np.loadtxt(folder / "module001_vae" / "z_learn.txt").astype(np.float32))


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(learnt, tmp_path):
    _, _, folder = learnt
    again = run_folder(kvae(tmp_path, *TINY), tmp_path)
    for name in ("z_learn.txt", "x_hat_learn.txt", "loss.txt", "val_loss.txt"):
        assert (again / "module001_vae" / name).read_bytes() == (folder / "module001_vae" / name).read_bytes()
    other = run_folder(kvae(tmp_path, *TINY, "seed=1"), tmp_path)
    assert (other / "module001_vae/z_learn.txt").read_bytes() != (
        folder / "module001_vae/z_learn.txt"
    ).read_bytes()


def test_a_run_that_is_resumed_ends_as_one_that_was_not_stopped(learnt, tmp_path):
    _, _, folder = learnt
    first = run_folder(kvae(tmp_path, *TINY, "train.itr=20"), tmp_path)
    result = kvae(tmp_path, *TINY, f"train.resume={first}")
    assert "going on from iteration 20 of 40" in result.stdout
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


def test_multirun_gives_each_job_its_folder(tmp_path):
    result = kvae(
        tmp_path, "-m", "model=tiny", "data.limit=100", "train.itr=4", "model.latent_dim=1,3", "seed=0,1"
    )
    assert result.returncode == 0, result.stderr
    shapes = [
        np.loadtxt(path, ndmin=2).shape for path in sorted(tmp_path.glob("outputs/vae/learn/*/*/*/z_learn.txt"))
    ]
    assert shapes == [(80, 1), (80, 1), (80, 3), (80, 3)]


def test_ctrl_c_keeps_what_is_learnt_and_says_how_to_go_on(tmp_path):
    arguments = ["model=tiny", "train.itr=100000", "train.log_every=100", "hydra.run.dir=run"]
    process = subprocess.Popen(
        [sys.executable, str(RUN), *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "run" / "run.log"
    deadline = time.monotonic() + 120
    while not (log.is_file() and "model:" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(10)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "train.resume=" in stdout
    done = int(stdout.split("iteration ")[-1].split()[0])
    result = kvae(tmp_path, *arguments[:2], f"train.itr={done + 100}", arguments[2], arguments[3])
    assert f"going on from iteration {done}" in result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model.latent_dim=-1"], "model.latent_dim must be an integer >= 1. Received: -1"),
        (["model.latent_dimm=3"], "unknown key model.latent_dimm."),
        (["model=huge"], "unknown model=huge. Allowed: conv, guide, mlp, tiny"),
        (["data=file", "data.path=none.csv"], "data.path=none.csv does not exist"),
        (["data=file", "data.path=wide.csv"], "Received: 7 in row 1, column 0"),
        (["mode=recog"], "no finished learnt run under outputs=outputs"),
        (["mode=recog", "mode.run=nowhere"], "mode.run=nowhere is no finished learnt run"),
        (["train.resume=nowhere"], "train.resume=nowhere has no checkpoint"),
        (["train.patience=5", "data.test_fraction=0"], "train.patience needs held-out rows"),
        (["model=conv", "data=file", "data.path=narrow.csv"], r"(height, width, channels)"),
        (["train.optimizer._target_=keras.layers.Dense"], "train.optimizer"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_1(tmp_path, arguments, message):
    (tmp_path / "wide.csv").write_text("0,1\n7,0\n1,1\n0,0\n1,0\n")
    (tmp_path / "narrow.csv").write_text("0,1\n1,0\n1,1\n0,0\n1,0\n")
    result = kvae(tmp_path, *arguments)
    assert result.returncode == 1
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


def test_a_table_is_learnt_and_another_recognised_in_its_own_units(tmp_path):
    rng = np.random.default_rng(0)
    names = "length,width,kind\n"
    rows = rng.normal([100.0, -5.0], [20.0, 0.1], (50, 2))
    for name, part in (("old.csv", rows[:40]), ("new.csv", rows[40:])):
        lines = [f"{a:.4f},{b:.4f},{'big' if a > 100 else 'small'}" for a, b in part]
        (tmp_path / name).write_text(names + "\n".join(lines) + "\n")
    data = [
        "data=file",
        "data.label_column=kind",
        "data.scale=standard",
        "model=tiny",
        "model.likelihood=gaussian",
    ]
    run_folder(kvae(tmp_path, *data, "data.path=old.csv", "train.itr=300"), tmp_path)
    result = kvae(tmp_path, *data, "data.path=new.csv", "mode=recog")
    vae = run_folder(result, tmp_path) / "module001_vae"
    assert np.loadtxt(vae / "z_recog.txt").shape == (10, 2)  # all of the new file: none of it was learnt
    np.testing.assert_allclose(np.loadtxt(vae / "x_hat_recog.txt").mean(0), rows[40:].mean(0), rtol=0.2)


def test_a_users_own_model_is_a_yaml_file(tmp_path):
    (tmp_path / "my_models.py").write_text(
        """
import keras

@keras.saving.register_keras_serializable(package="my_models")
class Encoder(keras.layers.Layer):
    def __init__(self, latent_dim, width, data_shape=None, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim, self.width = latent_dim, width
        self.flatten = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(width, "tanh")
        self.mean, self.log_var = keras.layers.Dense(latent_dim), keras.layers.Dense(latent_dim)

    def call(self, x):
        h = self.hidden(self.flatten(x))
        return self.mean(h), self.log_var(h)

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim, "width": self.width}


def decoder(data_shape, latent_dim, width):
    return keras.Sequential([
        keras.Input((latent_dim,)),
        keras.layers.Dense(width, "tanh"),
        keras.layers.Dense(64),
        keras.layers.Reshape(data_shape),
    ])
"""
    )
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "mine.yaml").write_text(
        """
latent_dim: 3
width: 7
KL_param: 1.0
likelihood: bernoulli
encoder: {_target_: my_models.Encoder, width: "${model.width}"}
decoder: {_target_: my_models.decoder, width: "${model.width}"}
"""
    )
    own = ["--config-dir=conf", "model=mine", "data.limit=100"]
    run_folder(kvae(tmp_path, *own, "train.itr=5", "model.width=9"), tmp_path)
    result = kvae(tmp_path, *own, "model.width=9", "mode=recog")
    assert np.loadtxt(run_folder(result, tmp_path) / "module001_vae" / "z_recog.txt").shape == (20, 3)


def test_help_shows_groups_and_keys_without_tensorflow(tmp_path):
    code = (
        f"import sys, runpy; sys.path.insert(0, {str(RUN.parent)!r}); sys.argv = ['run.py', '--help']\n"
        f"try: runpy.run_path({str(RUN)!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "model: conv, guide, mlp, tiny" in result.stdout
    assert "latent_dim: 10" in result.stdout


def test_cfg_job_prints_the_composed_config(tmp_path):
    result = kvae(tmp_path, "--cfg", "job", "model.latent_dim=7")
    assert result.returncode == 0
    assert "latent_dim: 7" in result.stdout
    assert not list(tmp_path.iterdir())


def test_results_that_are_missing_are_written_again(tmp_path):
    stopping = ["train.patience=10", "model.latent_dim=4", "train.learning_rate=0.05", "train.itr=400"]
    folder = run_folder(kvae(tmp_path, *TINY[:2], "train.log_every=10", *stopping), tmp_path)
    before = {name: (folder / "module001_vae" / name).read_bytes() for name in ("z_learn.txt", "loss.txt")}
    iterations = np.loadtxt(folder / "module001_vae" / "loss.txt")[:, 0]
    assert iterations[-1] < 400  # stopped early
    best = np.loadtxt(folder / "module001_vae" / "val_loss.txt")[:, 1].min()
    assert json.loads((folder / "metrics.json").read_text())["val_loss"] == pytest.approx(best, rel=1e-5)
    for name in ("metrics.json", "module001_vae/z_learn.txt", "module001_vae/model.keras"):
        (folder / name).unlink()
    run_folder(kvae(tmp_path, *TINY[:2], "train.log_every=10", *stopping, f"hydra.run.dir={folder}"), tmp_path)
    for name, content in before.items():
        assert (folder / "module001_vae" / name).read_bytes() == content


def test_dynamic_binarisation_recognises_what_it_measured(tmp_path):
    data = ["data.binarize=dynamic", "model=tiny", "data.limit=100"]
    folder = run_folder(kvae(tmp_path, *data, "train.itr=5"), tmp_path)
    learnt = json.loads((folder / "metrics.json").read_text())
    again = run_folder(kvae(tmp_path, *data, "mode=recog", "mode.split=train"), tmp_path)
    assert json.loads((again / "metrics.json").read_text())["loss"] == pytest.approx(learnt["loss"], rel=1e-6)


def test_recog_can_write_a_sample_of_each_posterior(learnt):
    cwd, _, _ = learnt
    arguments = [*TINY[:2], "mode=recog", "format=npy"]
    mean, first, second = (
        np.load(run_folder(kvae(cwd, *arguments, f"mode.latent={latent}"), cwd) / "module001_vae" / "z_recog.npy")
        for latent in ("mean", "sample", "sample")
    )
    np.testing.assert_array_equal(first, second)
    assert 0.1 < np.abs(first - mean).mean() < 2.0


GMM = ["prior=gmm", "prior.n_components=3", "prior.rounds=2", "prior.n_starts=3", "model=tiny", "data.limit=200"]
LOOP = [*GMM, "train.itr=20", "train.log_every=10"]


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A folder in which VAE and mixture taught each other, what was printed, and the run folder."""
    cwd = tmp_path_factory.mktemp("taught")
    result = kvae(cwd, *LOOP)
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
    assert "round 2 of 2: mixture from a" in result.stdout
    assert result.stderr == ""


def test_recog_recognises_with_both_modules(taught):
    cwd, _, folder = taught
    before = files_of(folder)
    result = kvae(cwd, *GMM, "mode=recog")
    recognised = run_folder(result, cwd)
    assert files_of(folder) == before
    assert {path.name for path in (recognised / "module002_gmm").iterdir()} == {
        "acc_recog.txt", "class_recog.txt", "mu_recog.txt", "Pdz_recog.txt", "confusion_recog.png",
    }  # fmt: skip
    metrics = json.loads((recognised / "metrics.json").read_text())
    learnt = json.loads((folder / "metrics.json").read_text())
    assert metrics["accuracy"] == pytest.approx(learnt["val_accuracy"])
    assert metrics["loss"] == pytest.approx(learnt["val_loss"], rel=1e-4)


def test_a_message_loop_that_is_stopped_between_rounds_ends_as_one_that_was_not(taught, tmp_path):
    _, _, folder = taught
    begun = tmp_path / "begun"
    program = tmp_path / "stopped.py"
    program.write_text(
        "import runpy\n"
        "from kvae.modes.rounds import Rounds\n"
        "update = Rounds.update_gmm\n"
        "def stop(*arguments):\n"
        "    update(*arguments)\n"
        "    raise KeyboardInterrupt\n"
        "Rounds.update_gmm = stop\n"
        f"runpy.run_path({str(RUN)!r}, run_name='__main__')\n"
    )
    command = [sys.executable, str(program), *LOOP, f"hydra.run.dir={begun}"]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert "interrupted; iteration 20 of 40 is kept" in first.stdout, first.stderr
    assert not (begun / "metrics.json").exists()
    result = kvae(tmp_path, *LOOP, f"hydra.run.dir={begun}")
    assert "going on from iteration 20 of 40" in result.stdout, result.stderr
    for name in ("module001_vae/z_learn.txt", "module001_vae/loss.txt", "module002_gmm/Pdz_learn.txt"):
        assert (begun / name).read_bytes() == (folder / name).read_bytes()
    (begun / "module002_gmm/model.npz").unlink()
    refused = kvae(tmp_path, *LOOP, "prior.rounds=3", f"hydra.run.dir={begun}")
    assert "the VAE is at iteration 40, but model.npz of the mixture holds 0 rounds" in refused.stderr
    assert (begun / "module002_gmm/rounds.txt").read_bytes() == (folder / "module002_gmm/rounds.txt").read_bytes()


def test_a_file_of_zeros_as_message_gives_the_vae_without_one(learnt, tmp_path):
    _, _, folder = learnt
    np.save(tmp_path / "mu.npy", np.zeros((200, 2)))
    told = run_folder(kvae(tmp_path, *TINY, "prior=message", "prior.path=mu.npy"), tmp_path)
    for name in ("z_learn.txt", "loss.txt", "val_loss.txt"):
        assert (told / "module001_vae" / name).read_bytes() == (folder / "module001_vae" / name).read_bytes()


def test_a_mixture_without_labels_reports_no_accuracy(tmp_path):
    np.savetxt(tmp_path / "x.txt", np.random.default_rng(0).random((60, 4)))
    data = ["data=file", "data.path=x.txt", "model=tiny", "train.itr=4"]
    folder = run_folder(kvae(tmp_path, *data, *GMM[:4], "prior.message=full", "prior.damping=0.5"), tmp_path)
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
    result = kvae(tmp_path, *TINY, *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
