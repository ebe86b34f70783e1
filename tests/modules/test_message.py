import numpy as np
import pytest

from kvae.modules.message import Gaussian, pooled


def test_pooled_means_are_weighted_sums():
    message = pooled([Gaussian(np.ones((2, 3))), Gaussian(np.full((2, 3), 5.0))], [0.25, 0.5])
    assert message.cov is None
    np.testing.assert_allclose(message.mean, 2.75)


@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.2, 0.3]])
@pytest.mark.parametrize("full", [True, False])
def test_pooled_gaussians_are_the_normalised_product_of_powers(weights, full):
    rng = np.random.default_rng(0)
    variances = rng.uniform(0.5, 2, (2, 4, 3))
    covs = variances[..., None] * np.eye(3) + (0.2 if full else 0.0)
    means = rng.normal(size=(2, 4, 3))
    messages = [Gaussian(m, c if full else v) for m, c, v in zip(means, covs, variances, strict=True)]
    found = pooled(messages, weights)
    rest = 1 - sum(weights)
    for n in range(4):
        precision = rest * np.eye(3) + sum(w * np.linalg.inv(covs[i, n]) for i, w in enumerate(weights))
        linear = sum(w * np.linalg.inv(covs[i, n]) @ means[i, n] for i, w in enumerate(weights))
        cov = found.cov[n] if full else np.diag(found.cov[n])
        np.testing.assert_allclose(cov, np.linalg.inv(precision))
        np.testing.assert_allclose(found.mean[n], np.linalg.solve(precision, linear))


def test_columns_are_the_marginal():
    message = Gaussian(np.arange(6.0).reshape(2, 3), np.broadcast_to(np.diag([1.0, 2, 3]), (2, 3, 3)))
    part = message.columns(slice(1, 3))
    np.testing.assert_array_equal(part.mean, [[1, 2], [4, 5]])
    np.testing.assert_array_equal(part.cov[0], np.diag([2.0, 3]))
