"""run.py where every test needs runs of its own: Ctrl-C, tables, models of the user's."""

import json
import re
import signal
import time

import numpy as np
import pytest
from command import TINY, cold, kvae, results_of, run_folder, start, uncompiled

LONG = ["model=tiny", "train.itr=800", "train.log_every=200", "train.batch_size=256", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """The files of a run that nobody ended."""
    tmp_path = tmp_path_factory.mktemp("unbroken")
    return results_of(run_folder(kvae(tmp_path, *LONG, "hydra.run.dir=run"), tmp_path))


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_a_run_that_was_asked_to_end_goes_on_to_the_byte(tmp_path, number, status, unbroken):
    arguments = [*LONG, "hydra.run.dir=run"]
    process = start(tmp_path, *arguments)
    log = tmp_path / "run" / "run.log"
    deadline = time.monotonic() + 120
    while not (log.is_file() and "iteration 200/" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == status
    assert "Traceback" not in stderr
    assert "python run.py resume=run\n" in stdout and "train.resume=run" in stdout
    done = re.search(r"interrupted; iteration ([\d.]+) of 800 is kept", stdout)[1]
    assert float(done) % 200  # within a logged interval
    if number == signal.SIGINT:
        return  # what follows is the same for both
    result = kvae(tmp_path, *arguments)
    assert f"resuming from iteration {done} of 800" in result.stdout
    again = results_of(run_folder(result, tmp_path))
    assert {name for name in again.keys() | unbroken.keys() if again.get(name) != unbroken.get(name)} == set()


@pytest.mark.slow
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
    run_folder(uncompiled(tmp_path, *data, "data.path=old.csv", "train.itr=300"), tmp_path)
    result = uncompiled(tmp_path, *data, "data.path=new.csv", "mode=recog")
    vae = run_folder(result, tmp_path) / "module001_vae"
    assert np.loadtxt(vae / "z_recog.txt").shape == (10, 2)  # all of the new file: none of it was learnt
    np.testing.assert_allclose(np.loadtxt(vae / "x_hat_recog.txt").mean(0), rows[40:].mean(0), rtol=0.2)


@pytest.mark.slow
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
        keras.layers.Dense(width, "tanh", kernel_regularizer="l2"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.1),
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
    learnt = run_folder(uncompiled(tmp_path, *own, "train.itr=5", "model.width=9"), tmp_path)
    columns = (learnt / "module001_vae" / "loss.txt").read_text().split("\n")[0]
    assert columns == "# iteration loss reconstruction kl regularization"
    metrics = json.loads((learnt / "metrics.json").read_text())
    added = metrics["val_loss"] - metrics["val_reconstruction"] - metrics["val_kl"]
    assert 0 < metrics["val_regularization"] == pytest.approx(added, rel=1e-3)
    with np.load(learnt / "module001_vae" / "model.ckpt.npz") as state:  # moving statistics, from 0 and 1
        assert not any(np.array_equal(state[name], np.ones(9)) for name in state if name.startswith("weight"))
    result = uncompiled(tmp_path, *own, "model.width=9", "mode=recog")
    assert np.loadtxt(run_folder(result, tmp_path) / "module001_vae" / "z_recog.txt").shape == (20, 3)


@pytest.mark.slow
def test_results_that_are_missing_are_written_again(tmp_path):
    stopping = ["train.patience=10", "model.latent_dim=4", "train.learning_rate=0.05", "train.itr=400"]
    folder = run_folder(uncompiled(tmp_path, *TINY[:2], "train.log_every=10", *stopping), tmp_path)
    before = {name: (folder / "module001_vae" / name).read_bytes() for name in ("z_learn.txt", "loss.txt")}
    iterations = np.loadtxt(folder / "module001_vae" / "loss.txt")[:, 0]
    assert iterations[-1] < 400  # stopped early
    best = np.loadtxt(folder / "module001_vae" / "val_loss.txt")[:, 1].min()
    assert json.loads((folder / "metrics.json").read_text())["val_loss"] == pytest.approx(best, rel=1e-5)
    for name in ("metrics.json", "module001_vae/z_learn.txt", "module001_vae/model.keras"):
        (folder / name).unlink()
    run_folder(
        uncompiled(tmp_path, *TINY[:2], "train.log_every=10", *stopping, f"hydra.run.dir={folder}"), tmp_path
    )
    for name, content in before.items():
        assert (folder / "module001_vae" / name).read_bytes() == content


@pytest.mark.slow  # two commands; their parts are tested where they stand
def test_dynamic_binarisation_recognises_what_it_measured(tmp_path):
    data = ["data.binarize=dynamic", "model=tiny", "data.limit=100"]
    folder = run_folder(uncompiled(tmp_path, *data, "train.itr=5"), tmp_path)
    learnt = json.loads((folder / "metrics.json").read_text())
    again = run_folder(uncompiled(tmp_path, *data, "mode=recog", "mode.split=train"), tmp_path)
    assert json.loads((again / "metrics.json").read_text())["loss"] == pytest.approx(learnt["loss"], rel=1e-6)


@pytest.mark.slow
def test_what_xla_compiled_is_taken_up_again_with_the_same_bytes(tmp_path):
    cache, results = tmp_path / "cache", []
    for name, *keys in (("off", "compile_cache=false"), ("first",), ("second",), ("damaged",)):
        programs = {path: path.read_bytes() for path in cache.rglob("*.pb.*")}
        if name == "damaged":
            for path in programs:
                path.write_bytes(path.read_bytes()[:-100])
        told = {"XDG_CACHE_HOME": str(cache), "TF_XLA_FLAGS": "", "TF_CPP_MIN_LOG_LEVEL": "2"}
        result = cold(tmp_path, *TINY, *keys, f"hydra.run.dir={tmp_path / name}", **told)
        vae = tmp_path / name / "module001_vae"
        results.append([(vae / file).read_bytes() for file in ("model.ckpt.npz", "loss.txt", "x_hat_learn.txt")])
        now = {path: path.read_bytes() for path in cache.rglob("*.pb.*")}
        assert bool(now) == (name != "off") and "are not kept" not in result.stdout and result.stderr == ""
        assert not list(cache.rglob("of-*"))  # what a process had for itself
        if name == "second":
            assert now == programs  # nothing was compiled anew
    assert results[0] == results[1] == results[2] == results[3]
