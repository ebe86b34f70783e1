import numpy as np
import pytest

from kvae.uses.scores import SCORES, anomaly_scores

LOG_2PI = np.log(2 * np.pi)


def closed_forms(vae, x, W, b, mu=0.0):
    """Reconstruction at the posterior mean, its expectation under q, and the KL to N(mu, I), in float64."""
    z_mean, z_log_var = (array.astype(np.float64) for array in vae.encode(x))
    at_mean = 0.5 * ((x - b - z_mean @ W.T) ** 2 + LOG_2PI).sum(1)
    expected = at_mean + 0.5 * np.exp(z_log_var) @ (W**2).sum(0)
    kl = 0.5 * ((z_mean - mu) ** 2 + np.exp(z_log_var) - 1 - z_log_var).sum(1)
    return at_mean, expected, kl


def test_scores_without_draws_are_those_at_the_posterior_mean(ppca):
    vae, x, _, (W, b) = ppca
    at_mean, _, kl = closed_forms(vae, x, W, b)
    np.testing.assert_allclose(anomaly_scores(vae, x), at_mean + kl, rtol=1e-5)
    np.testing.assert_allclose(anomaly_scores(vae, x, "reconstruction"), at_mean, rtol=1e-5)
    np.testing.assert_array_equal(anomaly_scores(vae, x, seed=1), anomaly_scores(vae, x, seed=2))


def test_scores_with_draws_are_expectations_under_the_posterior(ppca):
    vae, x, _, (W, b) = ppca
    _, expected, kl = closed_forms(vae, x, W, b)
    elbo = anomaly_scores(vae, x, n_samples=4000)
    np.testing.assert_allclose(elbo, expected + kl, atol=0.15)
    np.testing.assert_allclose(elbo.mean(), (expected + kl).mean(), atol=0.02)
    reconstruction = anomaly_scores(vae, x, "reconstruction", n_samples=4000)
    np.testing.assert_allclose(elbo - reconstruction, kl, rtol=1e-4, atol=1e-5)
    assert not np.array_equal(elbo, anomaly_scores(vae, x, n_samples=4000, seed=1))


def test_nll_is_the_exact_one_of_probabilistic_pca(ppca):
    vae, x, exact, _ = ppca
    np.testing.assert_allclose(anomaly_scores(vae, x, "nll").mean(), -exact.mean(), atol=0.05)
    np.testing.assert_array_equal(anomaly_scores(vae, x, "nll"), -vae.log_prob(x, n_samples=200))


def test_a_message_moves_the_prior_and_not_the_reconstruction(ppca):
    vae, x, _, (W, b) = ppca
    mu = np.array([3.0, -2.0])
    prior = {"prior_mu": np.tile(mu, (40, 1)), "prior_cov": np.ones((40, 2))}
    at_mean, _, kl = closed_forms(vae, x, W, b, mu)
    np.testing.assert_allclose(anomaly_scores(vae, x, prior=prior), at_mean + kl, rtol=1e-5)
    np.testing.assert_allclose(anomaly_scores(vae, x, "reconstruction", prior=prior), at_mean, rtol=1e-5)
    assert np.all(anomaly_scores(vae, x, "nll", prior=prior) != anomaly_scores(vae, x, "nll"))


@pytest.mark.parametrize("score", SCORES)
def test_draws_come_from_the_seed(ppca, score):
    vae, x, _, _ = ppca
    first, again, other = (anomaly_scores(vae, x, score, n_samples=3, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.all(first != other)


@pytest.mark.parametrize("score", SCORES)
def test_scores_have_an_entry_per_observation(make_vae, x, score):
    scores = anomaly_scores(make_vae(), x, score)
    assert scores.shape == (60,)
    assert np.all(np.isfinite(scores))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"score": "ELBO"}, "one of elbo, reconstruction, nll. Received: score='ELBO'"),
        ({"n_samples": 0}, "Received: n_samples=0"),
        ({"score": "nll", "n_samples": 1.5}, "Received: n_samples=1.5"),
        ({"prior": {"prior_mu": np.zeros((59, 2))}}, r"Received: shape \(59, 2\)"),
    ],
)
def test_wrong_arguments(make_vae, x, arguments, message):
    with pytest.raises(ValueError, match=message):
        anomaly_scores(make_vae(), x, **arguments)
