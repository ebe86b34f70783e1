"""Every likelihood is learnt with, on data that it suits; generated from, saved, loaded, and served."""

import keras
import numpy as np
import pytest
from likelihoods.cases import CASES

from kvae import VAE
from kvae.data import InputSpec
from kvae.data.scaling import Scaling
from kvae.likelihoods.base import Likelihood
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.uses.export.networks import serving_decoder

N, D = 512, 2


def build(likelihood):
    keras.utils.set_random_seed(0)
    encoder = mlp_encoder((D,), 1, 4)
    decoder = mlp_decoder(likelihood.param_shape((D,)), 1, 4)
    vae = VAE(encoder, decoder, likelihood=likelihood, seed=0)
    vae.compile(keras.optimizers.Adam(0.05), jit_compile=False)
    return vae


FEW = 3  # the others learn the same way, and take long together
SOME = [case if i < FEW else pytest.param(case, marks=pytest.mark.slow) for i, case in enumerate(CASES)]


@pytest.fixture(scope="module", params=SOME, ids=lambda case: case.name)
def learnt(request):
    """A case, its data, the loss before and after, and the model."""
    case = request.param
    x = case.draws(case.usual_params(N, D)).astype(np.float32)
    vae = build(case.likelihood)
    before = vae.evaluate(x, batch_size=N, verbose=0, return_dict=True)["loss"]
    vae.fit(x, batch_size=N, epochs=400, verbose=0)
    after = vae.evaluate(x, batch_size=N, verbose=0, return_dict=True)["loss"]
    return case, x, before, after, vae


def test_the_loss_falls_to_the_entropy_of_the_data(learnt):
    """Independent values have nothing to encode: the best that is possible is their own density, and a KL of 0."""
    case, x, before, after, _ = learnt
    dist = case.of(case.usual_params(1, D))
    best = -np.mean((dist.logpmf if hasattr(dist, "logpmf") else dist.logpdf)(x.astype(np.float64)).sum(-1))
    assert after < before
    assert best - 0.15 < after < best + 0.15  # nats; a little below, since the parameters fit these very rows


def test_it_generates_what_it_learnt(learnt):
    _, x, _, _, vae = learnt
    means = vae.generate(2000, seed=1)
    draws = vae.generate(2000, seed=1, draw="sample")
    assert draws.shape == means.shape == (2000, D)
    sd = x.std(axis=0)
    assert np.all(np.abs(draws.mean(0) - x.mean(0)) < 0.3 * sd)
    assert np.all(draws.std(0) > 0.6 * sd) and np.all(means.std(0) < 0.6 * sd)
    if vae.likelihood.support is not None:
        assert not vae.likelihood.support.outside(draws).any()
    np.testing.assert_array_equal(draws, vae.generate(2000, seed=1, draw="sample"))
    assert (draws != vae.generate(2000, seed=2, draw="sample")).any()


def test_a_saved_model_is_the_same(learnt, tmp_path):
    _, x, _, after, vae = learnt
    vae.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.likelihood.get_config() == vae.likelihood.get_config()
    again.jit_compile = False
    assert again.evaluate(x, batch_size=N, verbose=0, return_dict=True)["loss"] == pytest.approx(after, rel=1e-6)
    np.testing.assert_allclose(again.decode(np.ones((3, 1))), vae.decode(np.ones((3, 1))), rtol=1e-6)


def test_what_is_served_is_the_mean_in_the_units_of_the_data(learnt):
    _, _, _, _, vae = learnt
    z = np.linspace(-2, 2, 5, dtype=np.float32)[:, None]
    spec = InputSpec((D,), Scaling("divisor", 0.0, 4.0), "none")
    served = serving_decoder(vae, spec)(z)["x_hat"]
    np.testing.assert_allclose(served, spec.scaling.invert(vae.decode(z)), rtol=1e-5)


def test_networks_of_bfloat16_leave_the_likelihood_its_precision():
    case = next(case for case in CASES if case.name == "negative_binomial")
    x = case.draws(case.usual_params(N, D)).astype(np.float32)
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        likelihood = case.likelihood
        encoder, decoder = mlp_encoder((D,), 1, 4), mlp_decoder(likelihood.param_shape((D,)), 1, 4)
    finally:
        keras.config.set_dtype_policy(policy)
    vae = VAE(encoder, decoder, likelihood=likelihood, seed=0)
    vae.compile(keras.optimizers.Adam(0.02), jit_compile=False)
    losses = vae.fit(x, batch_size=N, epochs=30, verbose=0).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < losses[0]
    assert vae.decoded(np.zeros((1, 1), np.float32)).dtype == "float32"


class Silent(Likelihood):
    """A likelihood of the user's own, as small as may be."""

    def log_prob(self, x, params):
        return -keras.ops.sum((x - params) ** 2, axis=-1)

    def mean(self, params):
        return params


def test_a_likelihood_without_draws_says_so():
    vae = build(Silent())
    assert vae.generate(2).shape == (2, D)
    with pytest.raises(ValueError, match=r"Silent cannot draw: give it a method sample\(params, rng\)"):
        vae.generate(2, draw="sample")
    with pytest.raises(ValueError, match=r"`draw` must be one of mean, sample. Received: draw='both'"):
        vae.generate(2, draw="both")
