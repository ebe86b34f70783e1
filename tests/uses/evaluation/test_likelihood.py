"""Importance-sampled likelihoods of all rows, in their order."""

import numpy as np
import pytest
from scipy import stats

from kvae.modules import Gaussian
from kvae.uses.evaluation import likelihood

pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
]


@pytest.fixture
def messages():
    return Gaussian(np.random.default_rng(1).normal(0.0, 1.0, (40, 2)), None)


@pytest.fixture
def exact(ppca, messages):
    _, x, _, (W, b) = ppca
    covariance = W @ W.T + np.eye(5)
    return np.array(
        [stats.multivariate_normal(b + W @ m, covariance).logpdf(r) for m, r in zip(messages.mean, x, strict=True)]
    )


@pytest.mark.parametrize("tolerance", [None, 0.1])
def test_every_row_has_its_own_number_under_its_own_message(ppca, messages, exact, monkeypatch, tolerance):
    monkeypatch.setattr(likelihood, "DECODED", 1)  # 128 rows between signs of life
    monkeypatch.setattr(likelihood, "FEWEST", 16)
    vae, x, _, _ = ppca
    found = likelihood.importance_sampled(vae, x, messages, 600, 0, tolerance)
    again = likelihood.importance_sampled(vae, x, messages, 600, 0, tolerance)
    np.testing.assert_array_equal(found.nll, again.nll)
    se = np.sqrt(1 / found.effective_samples) + 1e-3
    assert np.all(np.abs(found.nll + exact) < 5 * se)
    assert np.corrcoef(found.nll, -exact)[0, 1] > 0.99
    metrics = found.metrics((5,))
    if tolerance is None:
        assert "importance_samples" not in metrics
        batches = -vae.log_prob(x, 600, **messages.as_prior(), batch_size=16)
        np.testing.assert_array_equal(found.nll[:32], batches[:32])  # the last eight are no batch of 16
    else:
        assert found.drawn.min() < 600 + 60
        assert metrics["importance_samples"] == found.drawn.mean()
        np.testing.assert_array_less(found.effective_samples, found.drawn - 59)


def test_draws_that_end_early_leave_the_bound_a_bound(ppca):
    """The mean of p(x) over many seeds is the exact one: the draws that decide are not those of the estimate."""
    vae, x, exact, _ = ppca
    ratios = [
        np.exp(-likelihood.importance_sampled(vae, x, None, 64, seed, 0.3).nll - exact) for seed in range(30)
    ]
    se = np.std(ratios, axis=0) / np.sqrt(30)
    assert np.all(np.abs(np.mean(ratios, axis=0) - 1) < 5 * se + 0.01)
