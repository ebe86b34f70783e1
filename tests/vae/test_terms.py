"""What a subclass changes of the terms changes everything that is made of them."""

import keras
import numpy as np
import pytest
from keras import ops

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.uses.scores import anomaly_scores

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
]


class Dearer(VAE):
    """Every observation costs a nat more to reconstruct, and half a nat more of KL in each dimension."""

    def terms(self, inputs, training=True):
        reconstruction, kl_per_dim = super().terms(inputs, training)
        return reconstruction + 1.0, kl_per_dim + 0.5


class Shifted(VAE):
    def posterior(self, x):  # takes no `training`
        z_mean, z_log_var = super().posterior(x)
        return z_mean + 1.0, z_log_var


class Darker(VAE):
    def decoded(self, z, training=False):
        return 0.5 + super().decoded(z, training)


class Likelier(VAE):
    def log_likelihood(self, x, z, **kwargs):
        return 0.5 * super().log_likelihood(x, z, **kwargs)


def build(kind, **options):
    keras.utils.set_random_seed(0)
    vae = kind(mlp_encoder((6,), 2, 8), mlp_decoder((6,), 2, 8), seed=0, **options)
    vae.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    return vae


def measured(vae, x):
    """Every number that is made of the terms, means over the observations, in nats to be minimised."""
    trained = vae.fit(x, batch_size=len(x), verbose=0).history
    evaluated = vae.evaluate(x, verbose=0, return_dict=True)
    reconstruction, kl = vae.elbo_terms(x, n_samples=1, seed=1_000_003)
    numbers = {
        "fit": trained["loss"][0],
        "fit reconstruction": trained["reconstruction"][0],
        "evaluate": evaluated["loss"],
        "evaluate reconstruction": evaluated["reconstruction"],
        "elbo": -vae.elbo(x, n_samples=3).mean(),
        "elbo at the mean": -vae.elbo(x, n_samples=None).mean(),
        "reconstruction": reconstruction.mean(),
        "loss": (reconstruction + kl).mean(),
        "log_prob": -vae.log_prob(x, n_samples=50).mean(),
    }
    scores = {f"score {name}": anomaly_scores(vae, x, name).mean() for name in ("elbo", "reconstruction", "nll")}
    return numbers | scores


def test_terms_of_a_subclass_are_those_of_everything(x):
    usual, own = measured(build(VAE), x), measured(build(Dearer), x)
    for name in usual:
        more = 1.0 if "reconstruction" in name else 2.0
        assert own[name] - usual[name] == pytest.approx(more, abs=1e-4), name


@pytest.mark.parametrize("kind", [Shifted, Darker, Likelier])
def test_other_methods_of_a_subclass_change_everything_alike(x, kind):
    usual, own = measured(build(VAE), x), measured(build(kind), x)
    for name in usual:
        assert abs(own[name] - usual[name]) > 1e-4, name
    assert own["evaluate"] == pytest.approx(own["loss"], rel=1e-5)  # with the same draws
    assert own["evaluate reconstruction"] == pytest.approx(own["reconstruction"], rel=1e-5)


def test_a_message_reaches_the_weights_of_a_subclass(x):
    mu = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    cov = np.tile(np.diag([0.5, 2.0]).astype(np.float32), (60, 1, 1))
    for message in ({"prior_mu": mu}, {"prior_mu": mu, "prior_cov": cov}):
        usual, own = (build(kind).log_prob(x, n_samples=4, **message) for kind in (VAE, Dearer))
        np.testing.assert_allclose(usual - own, 2.0, atol=1e-4)


def test_what_a_subclass_mixes_over_rows_sees_no_rows_that_fill_a_batch_up(x):
    class Centred(VAE):
        def terms(self, inputs, training=True):
            reconstruction, kl_per_dim = super().terms(inputs, training)
            return reconstruction - ops.mean(reconstruction), kl_per_dim

    history = build(Centred).fit(x, batch_size=25, verbose=0, validation_data=x[:40]).history
    assert history["reconstruction"][0] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_loss_of_ones_own_may_call_the_model_and_its_terms(x, weighted):
    class Own(VAE):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            assert set(x) == {"x"}
            reconstruction, kl_per_dim = self.terms(x, training)
            return (
                ops.mean(reconstruction)
                + ops.mean(ops.sum(kl_per_dim, axis=-1))
                + 0.0 * ops.mean(self(x)["x_hat"])
            )

    weights = np.linspace(0.1, 1.9, len(x)) if weighted else None
    assert np.isfinite(build(Own).fit(x, sample_weight=weights, batch_size=25, verbose=0).history["loss"]).all()


def test_a_loss_of_ones_own_is_reported_as_it_is_trained_on(x):
    class Heavier(VAE):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training) + 100.0

    heavier = build(Heavier)
    weights = np.linspace(0.1, 1.9, len(x))  # with a mean of 1: terms are divided by the sum of weights
    history = heavier.fit(x, sample_weight=weights, batch_size=25, verbose=0, validation_data=x[:40]).history
    for held_out in ("", "val_"):
        loss, *terms = (history[held_out + name][0] for name in ("loss", "reconstruction", "kl"))
        assert loss - sum(terms) == pytest.approx(100.0, abs=1e-3)
    assert heavier.evaluate(x[:40], verbose=0)[0] == pytest.approx(history["val_loss"][0])


def test_metrics_of_ones_own_are_reported_or_refused(x):
    class Counting(VAE):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.twice = keras.metrics.Mean("twice")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = super().compute_loss(x, y, y_pred, sample_weight, training)
            self.twice.update_state(2.0 * loss)
            return loss

    class Uncalled(VAE):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {"more": 1.0, **super().compute_metrics(x, y, y_pred, sample_weight)}

    history = build(Counting).fit(x, batch_size=len(x), verbose=0, validation_data=x).history
    assert history["twice"][0] == pytest.approx(2.0 * history["loss"][0])
    assert history["val_twice"][0] == pytest.approx(2.0 * history["val_loss"][0])
    with pytest.raises(ValueError, match=r"update it in `compute_loss`.* Received: Uncalled.compute_metrics"):
        build(Uncalled)


def test_a_train_step_of_ones_own_gets_batches(x):
    shapes = []

    class Own(VAE):
        def train_step(self, data):
            shapes.append(data.shape)
            return super().train_step(data)

        def test_step(self, data):
            shapes.append(data.shape)
            return super().test_step(data)

    build(Own).fit(x, batch_size=25, verbose=0, validation_data=x[:40])
    assert shapes == [(25, 6), (25, 6), (10, 6), (25, 6), (15, 6)]
