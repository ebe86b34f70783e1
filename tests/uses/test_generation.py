import numpy as np
import pytest

from kvae.modules import GMM, VAE, Network
from kvae.uses.generation import from_prior


@pytest.mark.parametrize("message", ["mean", "diag", "full"])
def test_draws_are_those_of_the_message(message):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(400, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + [3.0, -7.0]
    vae, gmm = VAE(2), GMM(1, message=message)
    vae.set_forward_msg(z)
    network = Network(vae, [gmm])
    gmm.update(write=False)
    drawn = network.sample_prior(20_000, rng)
    cov = np.cov(z.T, bias=True)
    expected = {"mean": np.eye(2), "diag": np.diag(np.diag(cov)), "full": cov}[message]
    np.testing.assert_allclose(drawn.mean(axis=0), z.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), expected, rtol=0.15, atol=0.1)


@pytest.mark.parametrize("prior_mu", [None, np.array([[5.0, 6.0]]), np.tile([[5.0, 6.0]], (4000, 1))])
def test_draws_around_given_means(prior_mu):
    z = from_prior(4000, 2, prior_mu, np.random.default_rng(0))
    np.testing.assert_allclose(z.mean(axis=0), [0.0, 0.0] if prior_mu is None else [5.0, 6.0], atol=0.1)
    np.testing.assert_allclose(np.cov(z.T), np.eye(2), atol=0.1)
