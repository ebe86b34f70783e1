"""What is added from outside the package: a module on the path and a YAML in `--config-dir` for each thing.

Everything is learnt with, recognised with, and shown in the report, as a user does it.
"""

import json
import textwrap

import numpy as np
import pytest
from command import kvae, run_folder

# By group and option, what a user writes: a module of their own, and the YAML that names it.
MODULES = {
    "my_networks": """
        import keras


        @keras.saving.register_keras_serializable("mine")
        class Doubling(keras.layers.Layer):
            def call(self, x):
                return 2.0 * x


        def encoder(data_shape, latent_dim, units=8):
            inputs = keras.Input(data_shape)
            h = Doubling()(keras.layers.Dense(units, "tanh")(keras.layers.Flatten()(inputs)))
            outputs = [keras.layers.Dense(latent_dim, name=name)(h) for name in ("z_mean", "z_log_var")]
            return keras.Model(inputs, outputs)


        def decoder(data_shape, latent_dim, units=8):
            inputs = keras.Input((latent_dim,))
            h = keras.layers.Dense(units, "tanh")(inputs)
            size = data_shape[0] * data_shape[1] * data_shape[2]
            return keras.Model(inputs, keras.layers.Reshape(data_shape)(keras.layers.Dense(size)(h)))
        """,
    "my_likelihoods": '''
        import keras
        import numpy as np
        from keras import ops

        from kvae.likelihoods.base import Likelihood


        @keras.saving.register_keras_serializable("mine")
        class Logistic(Likelihood):
            """Independent logistic variables; the decoder gives locations, then the logarithms of scales."""

            n_params = 2

            def log_density(self, x, location, log_scale):
                z = (x - location) * ops.exp(-log_scale)
                return -z - log_scale - 2.0 * ops.softplus(-z)

            def mean(self, params):
                return self.parameters(params)[0]

            def sample(self, params, rng):
                location, log_scale = np.split(params, 2, axis=-1)
                return rng.logistic(location, np.exp(log_scale))
        ''',
    "my_schedules": '''
        from kvae.schedules import KLTerm


        def stairs(iteration, itr, n_steps=2):
            """The KL in steps."""
            return KLTerm(scale=min(1.0, (1 + int(n_steps * iteration / itr)) / n_steps))


        def wrong(iteration, itr):
            return "half"
        ''',
    "my_data": '''
        from typing import Annotated

        import numpy as np

        from kvae.options.rules import integer


        def waves(n: Annotated[int, integer(1, 60)] = 60, length=6):
            """Sines of two frequencies, which are their labels."""
            labels = np.arange(n) % 2
            phases = np.linspace(0, 6, n)[:, None]
            return 0.5 + 0.5 * np.sin((1 + labels[:, None]) * np.arange(length) + phases), labels


        def wrong():
            return "waves"
        ''',
    "my_trackers": """
        from pathlib import Path

        from kvae.tracking import NoTracker


        class Lines(NoTracker):
            def __init__(self, path="record.txt"):
                self.path = Path(path)

            def log(self, iteration, row, group="training"):
                with self.path.open("a") as file:
                    print(group, iteration, *row, file=file)

            def finish(self, metrics, folder):
                with self.path.open("a") as file:
                    print("finished", *metrics, file=file)
        """,
    "my_metrics": '''
        import numpy as np


        def blur(x, x_hat, most=1.0):
            """How much of the contrast of images is lost."""
            return min(most, 1.0 - x_hat.std() / x.std())


        def of_weights(weights):
            return 0.0
        ''',
}
YAMLS = {
    "model/mine": """
        encoder: {_target_: my_networks.encoder, units: 6}
        decoder: {_target_: my_networks.decoder}
        latent_dim: 2
        likelihood: {_target_: my_likelihoods.Logistic}
        """,
    "data/waves": "{_target_: my_data.waves, n: 40, test_fraction: 0.25}",
    "data/wrong": "_target_: my_data.wrong",
    "kl/stairs": "{_target_: my_schedules.stairs, n_steps: 4}",
    "kl/wrong": "_target_: my_schedules.wrong",
    "tracking/lines": "{_target_: my_trackers.Lines, path: lines.txt}",
    "metric/blur": "blur: {_target_: my_metrics.blur, most: 0.9}",
    "metric/of_weights": "of_weights: {_target_: my_metrics.of_weights}",
}
QUICK = ["data.limit=100", "train.itr=8", "train.log_every=1", "train.jit_compile=false"]


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A folder that a user works in: modules of their own, and configs under `mine/`."""
    folder = tmp_path_factory.mktemp("outside")
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    for name, text in YAMLS.items():
        path = folder / f"mine/{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def run(outside, *arguments):
    return kvae(outside, "--config-dir=mine", *arguments)


@pytest.fixture(scope="module")
def learnt(outside):
    """A run with a network, a likelihood, a KL schedule, a metric and a tracker from outside."""
    result = run(outside, "model=mine", "kl=stairs", "metric=blur", "objective=blur", "tracking=lines", *QUICK)
    return run_folder(result, outside), result


@pytest.fixture(scope="module")
def recognised(outside, learnt):
    result = run(outside, "mode=recog", "model=mine", "metric=blur", "data.limit=100")
    return run_folder(result, outside), result


def metrics_of(folder):
    return json.loads((folder / "metrics.json").read_text())


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def assert_error(result, text):
    """A wrong thing is one line on stderr, and no traceback."""
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: {text}") and result.stderr.count("\n") == 1, result.stderr


def test_a_network(learnt, recognised):
    page = page_of(learnt[0])
    assert "my_networks.encoder" in page and "<b>units</b>" not in page
    z = np.loadtxt(recognised[0] / "module001_vae/z_recog.txt")
    assert z.shape == (20, 2) and z.std() > 0


def test_a_likelihood(outside, learnt, recognised):
    assert "my_likelihoods.Logistic" in page_of(learnt[0]) and "Logistic" in learnt[1].stdout
    x_hat = np.loadtxt(recognised[0] / "module001_vae/x_hat_recog.txt")
    assert x_hat.shape == (20, 64) and np.isfinite(x_hat).all()
    generated = run(outside, "mode=generate", "mode.n=3", "mode.draw=sample", "model=mine", "data.limit=100")
    assert np.loadtxt(run_folder(generated, outside) / "module001_vae/x_generate.txt").shape == (3, 64)


def test_a_source_of_data(outside):
    learnt = run(outside, "data=waves", "model=tiny", *QUICK[1:])
    assert "30 observations of 6, 10 held out" in learnt.stdout
    assert "my_data.waves" in page_of(run_folder(learnt, outside))
    recognised = run(outside, "mode=recog", "data=waves", "data.n=20", "model=tiny")
    assert len(np.loadtxt(run_folder(recognised, outside) / "module001_vae/z_recog.txt")) == 20
    assert_error(run(outside, "data=waves", "data.n=0"), "data.n must be an integer >= 1. Received: 0")
    assert_error(
        run(outside, "data=wrong", "model=tiny"), "data._target_=my_data.wrong must give an array of rows"
    )


def test_a_kl_schedule(outside, learnt):
    _, loss, reconstruction, kl = np.loadtxt(learnt[0] / "module001_vae/loss.txt").T
    np.testing.assert_allclose((loss - reconstruction) / kl, np.repeat([0.25, 0.5, 0.75, 1.0], 2), rtol=1e-3)
    assert "my_schedules.stairs" in page_of(learnt[0])
    assert_error(
        run(outside, "kl=wrong", "model=tiny", *QUICK),
        "kl._target_=my_schedules.wrong: a KL schedule must return kvae.schedules.KLTerm(scale, capacity). "
        "Received: 'half'\n",
    )


def test_a_tracker(outside, learnt):
    lines = (outside / "lines.txt").read_text().splitlines()
    assert [line.split()[:2] for line in lines[:8]] == [["training", str(n)] for n in range(1, 9)]
    assert "reconstruction" in lines[0].split()
    assert lines[8].startswith("finished ") and "val_blur" in lines[8]
    assert "my_trackers.Lines" in page_of(learnt[0])


def test_a_metric(outside, learnt, recognised):
    folder, result = learnt
    metrics = metrics_of(folder)
    assert 0 < metrics["blur"] <= 0.9 and 0 < metrics["val_blur"] <= 0.9
    assert "blur " in result.stdout and "val_blur " in result.stdout
    page = page_of(folder)
    assert "How much of the contrast of images is lost." in page and "the objective" in page
    assert metrics_of(recognised[0])["blur"] == pytest.approx(metrics["val_blur"], rel=1e-4)
    assert "How much of the contrast of images is lost." in page_of(recognised[0])
    assert_error(
        run(outside, "metric=of_weights", "model=tiny", *QUICK),
        "metric.of_weights._target_=my_metrics.of_weights asks for weights",
    )


def test_what_metrics_mean_is_known_where_their_code_is_not(learnt, monkeypatch):
    from kvae.metrics import meaning
    from kvae.report.facts import gather
    from kvae.runs import RunFolder

    monkeypatch.setattr(meaning, "DECLARED", {})
    assert gather(RunFolder(learnt[0])).meaning("val_blur").text == "How much of the contrast of images is lost."
