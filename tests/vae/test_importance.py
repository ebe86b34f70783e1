"""Importance samples against the same estimate in NumPy, from the same noise."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from kvae.vae.importance import relative_variance

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
    """Log p(x) and the effective samples."""
    eps = np.concatenate(noise)[:n_samples, :40]  # the batch is filled up to 64 rows
    log_w = log_weights(ppca, eps, prior_mu)
    log_p = special.logsumexp(log_w, axis=0) - np.log(n_samples)
    return log_p, np.exp(2 * special.logsumexp(log_w, axis=0) - special.logsumexp(2 * log_w, axis=0))


def log_weights(ppca, eps, prior_mu=0.0):
    """Log p(x|z) p(z) / q(z|x) from densities of SciPy, in float64, `(n_samples, batch)`."""
    vae, x, _, (W, b) = ppca
    mean, log_var = (one.astype(np.float64) for one in vae.encode(x))
    eps = eps.astype(np.float64)
    sd = np.exp(0.5 * log_var)
    z = mean + sd * eps
    log_w = stats.norm.logpdf(z - prior_mu).sum(-1) - (stats.norm.logpdf(eps) - np.log(sd)).sum(-1)
    return log_w - 0.5 * np.sum((x - z @ W.T - b) ** 2 + np.log(2 * np.pi), axis=-1)


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
def test_rows_may_have_numbers_of_draws_of_their_own(ppca, noise):
    vae, x, _, _ = ppca
    draws = np.random.default_rng(0).integers(1, 30, 40)
    log_p, effective = vae.importance_sampled(x, n_samples=draws)
    for row, n_samples in enumerate(draws):
        found = expected(ppca, noise, n_samples)
        np.testing.assert_allclose(log_p[row], found[0][row], atol=2e-5)
        np.testing.assert_allclose(effective[row], found[1][row], rtol=1e-4)


@pytest.mark.usefixtures("eagerly")
def test_draws_needed_are_those_that_bring_the_standard_error_down(ppca, noise):
    """Of log-normal weights the relative variance is exp(s^2) - 1."""
    vae, x, _, _ = ppca
    log_w = np.random.default_rng(0).normal(-70.0, 0.5, (2000, 20))
    variance = relative_variance(log_w)
    assert np.median(variance) == pytest.approx(np.expm1(0.25), rel=0.15)
    assert relative_variance(np.log([[1.0, 1.0, 4.0]]))[0] == pytest.approx(
        max(3 / 4, np.expm1(np.log(4) ** 2 / 3))
    )
    draws = vae.draws_needed(x, 0.2, n_samples=200)
    (first,) = noise
    assert first.shape[0] == 20
    spread = relative_variance(log_weights(ppca, first[:, :40]).T)
    np.testing.assert_array_equal(draws, np.clip(np.ceil(spread / 0.04), 16, 200))
    assert 16 <= draws.min() < draws.max() <= 200
    np.testing.assert_array_equal(vae.draws_needed(x, 1e-6, n_samples=200), np.full(40, 200))
    np.testing.assert_array_equal(vae.draws_needed(x, 1e-6, n_samples=9), np.full(40, 9))


@pytest.mark.usefixtures("eagerly")
def test_a_row_that_no_draw_makes_possible_needs_all_draws(ppca, monkeypatch):
    vae, x, _, _ = ppca
    monkeypatch.setattr(type(vae), "log_weights", lambda self, inputs: tf.fill((20, 40), -np.inf))
    np.testing.assert_array_equal(vae.draws_needed(x, 0.5), np.full(40, 200))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda vae, x: vae.draws_needed(x, 0.0),
            "`tolerance` must be a finite number > 0. Received: tolerance=0.0",
        ),
        (lambda vae, x: vae.draws_needed(x, 0.1, n_samples=0), "Received: n_samples=0"),
        (lambda vae, x: vae.importance_sampled(x, n_samples=np.ones(3, int)), r"shape \(3,\), int64, smallest 1"),
        (lambda vae, x: vae.log_prob(x, n_samples=np.zeros(40, int)), r"of shape \(40,\), int64, smallest 0"),
        (lambda vae, x: vae.log_prob(x, n_samples=np.ones(40)), r"of shape \(40,\), float64, smallest 1"),
    ],
)
def test_wrong_numbers_of_draws(ppca, call, message):
    with pytest.raises(ValueError, match=message):
        call(ppca[0], ppca[1])


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
