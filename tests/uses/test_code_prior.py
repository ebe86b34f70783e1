"""Mixtures that new codes are drawn from."""

import logging

import numpy as np
import pytest
from scipy import stats

from kvae.errors import InputError
from kvae.modules import GMM, VAE, Network
from kvae.uses import code_prior
from kvae.uses.code_prior import of_codes, of_network, reduced, standard

RNG = np.random.default_rng(0)


def moments(mixture):
    mean = mixture.weights @ mixture.means
    away = mixture.means - mean
    return mean, np.einsum("k,kij->ij", mixture.weights, mixture.covs + away[:, :, None] * away[:, None])


def test_a_reduced_mixture_has_the_moments_of_all_posteriors():
    means, variances = (
        RNG.normal(size=(300, 3)) @ [[2, 1, 0], [0, 1, 0], [0, 0, 0.1]],
        RNG.uniform(0.1, 1, (300, 3)),
    )
    found = reduced(means, variances, RNG.dirichlet(np.ones(4), 300))
    mean, cov = moments(found)
    assert len(found) == 4 and found.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(mean, means.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(cov, np.cov(means.T, bias=True) + np.diag(variances.mean(axis=0)), atol=1e-12)


class Encoder:
    """Codes of rows as a learnt model gives them: two far groups in the first dimension, nothing in the second."""

    def encode(self, x):
        means = np.stack([np.where(x[:, 0] > 0, 3.0, -3.0) + 0.1 * x[:, 1], 0.0 * x[:, 0]], axis=1)
        return means, np.log(np.tile([0.04, 1.0], (len(x), 1)))


def test_a_mixture_of_codes_has_groups_and_what_varies_in_the_posterior(caplog):
    x = RNG.normal(size=(400, 2))
    with caplog.at_level(logging.INFO, "kvae"):
        found = of_codes(Encoder(), x, 2, 0)
    assert "a mixture of 2 components, fitted to codes of 400 rows" in caplog.text
    order = np.argsort(found.means[:, 0])
    np.testing.assert_allclose(found.means[order], [[-3, 0], [3, 0]], atol=0.05)
    np.testing.assert_allclose(found.covs, np.tile(np.diag([0.05, 1.0]), (2, 1, 1)), atol=0.01)
    assert len(of_codes(Encoder(), x[:40], None, 0)) <= code_prior.COMPONENTS
    with pytest.raises(InputError, match=r"below the number of learning rows, 40\. Received: 50"):
        of_codes(Encoder(), x[:40], 50, 0)


@pytest.mark.parametrize("message", ["mean", "full"])
def test_the_prior_of_a_network_is_what_it_sends(message):
    z = RNG.normal(size=(400, 2)) + np.where(np.arange(400)[:, None] < 300, [5, 0], [-5, 0])
    vae, gmm = VAE(2), GMM(2, message=message, n_starts=2)
    vae.set_forward_msg(z)
    network = Network(vae, [gmm])
    gmm.update(write=False)
    found = of_network(network, np.random.default_rng(0))
    covs = {"mean": np.tile(np.eye(2), (2, 1, 1)), "full": gmm.mixture.covs}.get(
        message, gmm.mixture.covs * np.eye(2)
    )
    points = RNG.normal(size=(50, 2)) * 4
    parts = [
        w * stats.multivariate_normal(m, c).pdf(points)
        for w, m, c in zip(gmm.mixture.weights, gmm.mixture.means, covs, strict=True)
    ]
    np.testing.assert_allclose(found.responsibilities(points)[1], np.log(np.sum(parts, axis=0)), atol=0.05)


def test_without_modules_it_is_the_standard_one():
    found = of_network(Network(VAE(3)), np.random.default_rng(0))
    assert len(found) == 1 and np.array_equal(found.covs, standard(3).covs) and not found.means.any()
