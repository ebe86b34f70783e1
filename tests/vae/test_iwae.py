"""Training on the importance-weighted bound: what is trained on, and that nothing else changes."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import logsumexp

from kvae import VAE
from kvae.layers import mlp_decoder, mlp_encoder
from kvae.objective import iwae_reconstruction

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


def build(kind=VAE, **options):
    keras.utils.set_random_seed(0)
    networks = mlp_encoder((6,), 2, 8, 0.8), mlp_decoder((6,), 2, 8, 0.8)
    vae = kind(*networks, seed=0, **{"iwae": True, "n_samples": 5} | options)
    vae.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    return vae


def inputs(x, n_samples=5):
    eps = np.random.default_rng(1).normal(size=(n_samples, len(x), 2)).astype(np.float32)
    return {"x": x, "prior_mu": np.full((len(x), 2), 0.3, np.float32), "eps": eps}


def bound_in_numpy(vae, given):
    """Burda et al. (2016), equation 8, for Bernoulli values, in float64."""
    z_mean, z_log_var = (part.astype(np.float64) for part in vae.encode(given["x"]))
    z = z_mean + np.exp(z_log_var / 2) * given["eps"]
    p = np.stack([vae.decode(one.astype(np.float32)) for one in z]).astype(np.float64)
    log_p = np.sum(given["x"] * np.log(p) + (1 - given["x"]) * np.log1p(-p), axis=-1)
    log_prior = -0.5 * np.sum((z - given["prior_mu"]) ** 2, axis=-1)
    log_q = -0.5 * np.sum(given["eps"].astype(np.float64) ** 2 + z_log_var, axis=-1)
    return log_p, log_prior - log_q


@pytest.mark.parametrize("KL_param", [1.0, 0.5])
def test_what_is_trained_on_is_minus_the_bound(x, KL_param):
    vae, given = build(KL_param=KL_param), inputs(x)
    log_p, ratio = bound_in_numpy(vae, given)
    expected = np.log(5) - logsumexp(log_p + KL_param * ratio, axis=0)
    assert float(vae.compute_loss(given, training=True)) == pytest.approx(expected.mean(), rel=1e-4)


def test_it_is_tighter_than_the_mean_of_the_same_draws(x):
    given = inputs(x)
    assert float(build().compute_loss(given)) < float(build(iwae=False).compute_loss(given)) - 1e-3


def test_what_is_measured_stays_the_elbo(x):
    given = inputs(x)
    assert float(build().compute_loss(given, training=False)) == pytest.approx(
        float(build(iwae=False).compute_loss(given, training=False)), rel=1e-6
    )
    np.testing.assert_array_equal(build().elbo(x), build(iwae=False).elbo(x))


def test_of_one_draw_it_is_the_elbo_with_that_draws_ratio():
    log_p, log_w, kl = np.array([[-3.0, -2.0]]), np.array([[-2.5, -2.75]]), np.array([0.25, 0.5])
    found = ops.convert_to_numpy(iwae_reconstruction(log_p, log_w, kl, 1.0))
    np.testing.assert_allclose(found + kl, -log_w[0])


def test_it_learns_is_saved_and_goes_on(x, tmp_path):
    vae = build()
    vae.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    losses = vae.fit(x, epochs=30, batch_size=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] - 0.1
    vae.save(tmp_path / "vae.keras")
    loaded = keras.saving.load_model(tmp_path / "vae.keras")
    assert loaded.iwae and loaded.n_samples == 5
    assert "iwae" not in build(iwae=False).get_config()


def test_what_does_not_go_with_it_is_refused():
    class Own(VAE):
        def terms(self, inputs, training=True):
            return super().terms(inputs, training)

    with pytest.raises(ValueError, match=r"pass n_samples=8, for example. Received: n_samples=1"):
        build(n_samples=1)
    with pytest.raises(ValueError, match=r"leave free_bits out. Received: free_bits=0.5"):
        build(free_bits=0.5)
    with pytest.raises(ValueError, match=r"cannot be used with `terms` of your own"):
        build(Own)
    with pytest.raises(ValueError, match=r"`iwae` must be True or False. Received: iwae='yes'"):
        build(iwae="yes")
