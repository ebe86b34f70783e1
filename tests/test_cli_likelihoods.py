"""run.py with likelihoods of counts, and with one of the user's own: from learning to draws."""

import json

import numpy as np
import pytest
from command import run_folder, uncompiled

OWN = '''
import keras
import numpy as np
from keras import ops

from kvae.layers import Likelihood
from kvae.likelihoods.support import Support


@keras.saving.register_keras_serializable(package="mine")
class Exponential(Likelihood):
    """Waiting times: the decoder gives log-rates, moved by a constant."""

    support = Support(0.0, name="Exponential")

    def __init__(self, shift, **kwargs):
        super().__init__(**kwargs)
        self.shift = shift

    def log_density(self, x, *parameters):
        log_rate = ops.clip(parameters[0] + self.shift, -20.0, 20.0)
        return log_rate - ops.exp(log_rate) * x

    def mean(self, params):
        return ops.exp(-ops.clip(params + self.shift, -20.0, 20.0))

    def sample(self, params, rng):
        return rng.exponential(ops.convert_to_numpy(self.mean(params)))

    def get_config(self):
        return {**super().get_config(), "shift": self.shift}
'''


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text())


@pytest.fixture
def table(tmp_path):
    """A table of counts and what one types to learn it."""
    rng = np.random.default_rng(0)
    x = rng.poisson(np.exp(rng.normal(size=(120, 1)) * [0.8, -0.5, 0.3] + 1.2))
    np.savetxt(tmp_path / "counts.csv", x, fmt="%d", delimiter=",", header="a,b,c", comments="")
    return ["data=file", "data.path=counts.csv", "model=tiny", "model.latent_dim=1"]


@pytest.mark.slow  # five commands; their parts are tested where they stand
def test_counts_are_learnt_recognised_evaluated_and_drawn(tmp_path, table):
    said = uncompiled(tmp_path, *table, "model.likelihood=poisson", "data.scale=standard")
    assert "needs integers >= 0 in data" in said.stderr and "Type data.scale=none, or model.likeli" in said.stderr
    table = [*table, "model.likelihood=poisson"]
    learnt = uncompiled(tmp_path, *table, "train.itr=60", "train.log_every=30", "train.learning_rate=0.01")
    assert "weights, poisson" in learnt.stdout
    folder = run_folder(learnt, tmp_path)
    losses = np.loadtxt(folder / "module001_vae" / "loss.txt")[:, 1]
    assert losses[1] < losses[0]
    metrics = metrics_of(folder)
    bits = (metrics["val_reconstruction"] + metrics["val_kl"]) / (3 * np.log(2))
    assert metrics["bits_per_dim"] == pytest.approx(bits, rel=1e-6) and bits > 0
    assert np.loadtxt(folder / "module001_vae" / "x_hat_learn.txt").min() > 0
    recognised = run_folder(uncompiled(tmp_path, *table, "mode=recog"), tmp_path)
    assert np.loadtxt(recognised / "module001_vae" / "z_recog.txt").shape == (24,)
    evaluated = metrics_of(
        run_folder(uncompiled(tmp_path, *table, "mode=evaluate", "mode.n_samples=20"), tmp_path)
    )
    assert 0 < evaluated["nll"] < metrics["val_loss"] + 0.1
    exported = run_folder(uncompiled(tmp_path, *table, "mode=export"), tmp_path)
    assert metrics_of(exported)["decoder_error"] < 1e-4
    drawn = [
        np.loadtxt(run_folder(uncompiled(tmp_path, *table, "mode=generate", *keys), tmp_path)
                   / "module001_vae" / "x_generate.txt")
        for keys in (["mode.draw=sample"], ["mode.draw=sample"], ["mode.draw=sample", "seed=1"], [])
    ]  # fmt: skip
    assert drawn[0].shape == (50, 3) and np.all(drawn[0] == np.rint(drawn[0])) and drawn[0].min() >= 0
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    assert np.any(drawn[3] != np.rint(drawn[3]))  # means


@pytest.mark.slow  # three commands; their parts are tested where they stand
def test_digits_of_seventeen_grey_values_are_drawn_in_their_own_units(tmp_path):
    keys = ["model=tiny", "data.limit=100", "data.scale=0.0625", "model.likelihood=binomial"]
    keys += ["model.likelihood.n=16"]
    learnt = uncompiled(tmp_path, *keys, "train.itr=5")
    assert "weights, binomial (n=16)" in learnt.stdout
    config = json.loads((run_folder(learnt, tmp_path) / "run.json").read_text())["config"]
    assert config["model"]["likelihood"] == {"name": "binomial", "n": 16}
    assert "no learnt run" in uncompiled(tmp_path, *keys[:-1], "model.likelihood.n=17", "mode=recog").stderr
    folder = run_folder(uncompiled(tmp_path, *keys, "mode=generate", "mode.draw=sample", "mode.n=4"), tmp_path)
    drawn = np.loadtxt(folder / "module001_vae" / "x_generate.txt")
    assert drawn.shape == (4, 64) and 0 <= drawn.min() < drawn.max() <= 1
    np.testing.assert_array_equal(16 * drawn, np.rint(16 * drawn))
    assert len(list((folder / "module001_vae" / "generated").iterdir())) == 4


@pytest.mark.slow  # tests/test_extension.py has one too
def test_a_likelihood_of_the_users_own_works_like_what_is_inside(tmp_path, table):
    (tmp_path / "my_module.py").write_text(OWN)
    own = [*table, "model.likelihood._target_=my_module.Exponential"]
    missing = uncompiled(tmp_path, *own, "train.itr=2")
    assert "shift" in missing.stderr and "Traceback" not in missing.stderr
    own.append("model.likelihood.shift=-1.0")
    learnt = uncompiled(tmp_path, *own, "train.itr=20", "train.log_every=10")
    assert "weights, Exponential (shift=-1.0)" in learnt.stdout
    folder = run_folder(learnt, tmp_path)
    assert (folder / "report.html").is_file()
    losses = np.loadtxt(folder / "module001_vae" / "loss.txt")[:, 1]
    assert losses[1] < losses[0]
    recognised = run_folder(uncompiled(tmp_path, *own, "mode=recog"), tmp_path)
    assert np.loadtxt(recognised / "module001_vae" / "x_hat_recog.txt").min() > 0
    folder = run_folder(uncompiled(tmp_path, *own, "mode=generate", "mode.draw=sample"), tmp_path)
    drawn = np.loadtxt(folder / "module001_vae" / "x_generate.txt")
    assert drawn.min() > 0 and np.any(drawn != np.rint(drawn))
    (tmp_path / "bad.csv").write_text("a,b,c\n" + "1,2,3\n1,-2,3\n" * 5)
    bad = uncompiled(tmp_path, *own, "mode=recog", "data.path=bad.csv", f"mode.run={learnt.stdout.split()[-1]}")
    assert "needs finite numbers >= 0 in data" in bad.stderr and "Received: -2" in bad.stderr
