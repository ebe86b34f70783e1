"""Importance samples against the same estimate in NumPy, from the same noise."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.fixture
def eagerly():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def noise(monkeypatch, ppca):
    """What the model draws from now on, a list of `(chunk, batch, 2)`."""
    vae, drawn, draw = ppca[0], [], ppca[0].evaluation_sampling.draw

    def noted(*arguments, **keywords):
        drawn.append(np.asarray(draw(*arguments, **keywords)))
        return drawn[-1]

    monkeypatch.setattr(vae.evaluation_sampling, "draw", noted)
    return drawn


def expected(ppca, noise, n_samples, prior_mu=0.0):
    """Log p(x) and the effective samples from densities of SciPy, in float64."""
    vae, x, _, (W, b) = ppca
    mean, log_var = (one.astype(np.float64) for one in vae.encode(x))
    eps = np.concatenate(noise)[:n_samples, : len(x)].astype(np.float64)  # the batch is filled up to 64 rows
    sd = np.exp(0.5 * log_var)
    z = mean + sd * eps
    log_w = stats.norm.logpdf(z - prior_mu).sum(-1) - (stats.norm.logpdf(eps) - np.log(sd)).sum(-1)
    log_w -= 0.5 * np.sum((x - z @ W.T - b) ** 2 + np.log(2 * np.pi), axis=-1)
    log_p = special.logsumexp(log_w, axis=0) - np.log(n_samples)
    return log_p, np.exp(2 * special.logsumexp(log_w, axis=0) - special.logsumexp(2 * log_w, axis=0))


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("n_samples", [1, 13, 50])
def test_the_sum_over_chunks_is_that_of_numpy(ppca, noise, monkeypatch, n_samples):
    """50 draws come in chunks of 17, of which the last has one that is left out."""
    monkeypatch.setattr("kvae.vae.importance.ROWS_AT_ONCE", 64 * 20)
    vae, x, _, _ = ppca
    log_p, effective = vae.importance_sampled(x, n_samples=n_samples, prior_mu=np.full((40, 2), 0.5))
    assert [one.shape[0] for one in noise] == {1: [1], 13: [13], 50: [17, 17, 17]}[n_samples]
    found = expected(ppca, noise, n_samples, prior_mu=0.5)
    np.testing.assert_allclose(log_p, found[0], atol=2e-5)
    np.testing.assert_allclose(effective, found[1], rtol=1e-4)


@pytest.mark.usefixtures("eagerly")
def test_what_no_draw_makes_possible_has_no_probability(ppca, monkeypatch):
    vae, x, _, _ = ppca
    monkeypatch.setattr(type(vae), "log_weights", lambda self, inputs, posterior: tf.fill((7, 64), -np.inf))
    log_p, effective = vae.importance_sampled(x, n_samples=7)
    np.testing.assert_array_equal(log_p, np.full(40, -np.inf))
    assert np.all(np.isnan(effective))


@pytest.mark.usefixtures("eagerly")
def test_weights_far_below_what_float32_can_raise_to_a_power(ppca, monkeypatch):
    vae, x, _, _ = ppca
    log_w = np.random.default_rng(0).normal(-5000.0, 30.0, (48, 64)).astype(np.float32)
    chunks = iter(np.split(log_w, 3))
    monkeypatch.setattr(type(vae), "log_weights", lambda self, inputs, posterior: tf.constant(next(chunks)))
    log_p, effective = vae.importance_sampled(x, n_samples=48)
    log_w = log_w[:, :40].astype(np.float64)
    total = special.logsumexp(log_w, axis=0)
    np.testing.assert_allclose(log_p, total - np.log(48), atol=1e-6)
    np.testing.assert_allclose(effective, np.exp(2 * total - special.logsumexp(2 * log_w, axis=0)), rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [True, False])
def test_the_compiled_loop_gives_the_exact_likelihood_and_the_same_again(ppca, monkeypatch, jit_compile):
    vae, x, exact, _ = ppca
    monkeypatch.setattr(vae, "jit_compile", jit_compile)
    found = vae.importance_sampled(x, n_samples=3000, seed=3)
    assert abs(found[0].mean() - exact.mean()) < 0.02
    np.testing.assert_array_equal(found, vae.importance_sampled(x, n_samples=3000, seed=3))
    assert np.all(found[0] != vae.log_prob(x, n_samples=3000, seed=4))
