import numpy as np
import pytest
from scipy.stats import multivariate_normal

from kvae.modules.mixture import gaussians
from kvae.modules.mixture.gaussians import Mixture


@pytest.fixture
def mixture():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(4, 3, 3))
    covs = factors @ factors.transpose(0, 2, 1) + 0.1 * np.eye(3)
    return Mixture(np.array([0.1, 0.2, 0.3, 0.4]), 5 * rng.normal(size=(4, 3)) + 100, covs)


def test_log_prob_is_that_of_scipy(mixture):
    z = np.random.default_rng(1).normal(size=(50, 3)) * 5 + 100
    expected = [multivariate_normal(m, s).logpdf(z) for m, s in zip(mixture.means, mixture.covs, strict=True)]
    np.testing.assert_allclose(mixture.log_prob(z), np.transpose(expected), rtol=1e-8)


def test_many_rows_are_computed_in_chunks(mixture, monkeypatch):
    z = np.random.default_rng(1).normal(size=(50, 3)) + 100
    whole = mixture.log_prob(z)
    monkeypatch.setattr(gaussians, "CHUNK", 100)
    assert len(gaussians.chunks(z)) == 1  # no fewer than 64
    monkeypatch.setattr(gaussians, "FEWEST", 1)
    assert len(gaussians.chunks(z)) == 5
    np.testing.assert_allclose(mixture.log_prob(z), whole)


def test_responsibilities_are_bayes_rule_and_a_prior_multiplies_the_weights(mixture):
    rng = np.random.default_rng(2)
    z = rng.normal(size=(20, 3)) + 100
    above = rng.dirichlet(np.ones(4), size=20)
    joint = np.exp(mixture.log_prob(z)) * mixture.weights * above
    r, _ = mixture.responsibilities(z, np.log(above))
    np.testing.assert_allclose(r, joint / joint.sum(1, keepdims=True), rtol=1e-9, atol=1e-300)
    _, log_p = mixture.responsibilities(z)
    np.testing.assert_allclose(log_p, np.log((np.exp(mixture.log_prob(z)) * mixture.weights).sum(1)), rtol=1e-9)


def test_nothing_underflows_in_a_hundred_dimensions():
    means = np.zeros((2, 100))
    means[1] = 30.0
    far = Mixture(np.array([0.5, 0.5]), means, np.broadcast_to(np.eye(100), (2, 100, 100)).copy())
    r, log_p = far.responsibilities(np.full((3, 100), 500.0))
    assert np.all(np.isfinite(log_p))
    np.testing.assert_array_equal(r, [[0, 1]] * 3)


def test_draws_have_the_moments_of_the_mixture():
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(2, 2, 2))
    covs = factor @ factor.transpose(0, 2, 1) + 0.1 * np.eye(2)
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 4.0], [3.0, -1.0]]), covs)
    z = mixture.sample(40_000, rng)
    mean = mixture.weights @ mixture.means
    between = (mixture.means - mean).T @ np.diag(mixture.weights) @ (mixture.means - mean)
    np.testing.assert_allclose(z.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose(np.cov(z.T), between + np.einsum("k,kij->ij", mixture.weights, covs), atol=0.12)
