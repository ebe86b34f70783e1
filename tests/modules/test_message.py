import numpy as np
import pytest

from kvae.modules.message import Gaussian, component_message, pooled


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


@pytest.mark.parametrize("cov", [None, np.arange(6.0).reshape(3, 2), np.arange(12.0).reshape(3, 2, 2)])
def test_rows_are_those_of_means_and_covariances(cov):
    part = Gaussian(np.arange(6.0).reshape(3, 2), cov).rows(slice(1, 3))
    assert len(part) == 2
    np.testing.assert_array_equal(part.mean, [[2, 3], [4, 5]])
    assert part.cov is None if cov is None else np.array_equal(part.cov, cov[1:])


@pytest.mark.parametrize("full", [True, False])
def test_the_message_of_components_pools_them_by_their_responsibilities(full):
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(4, 3, 3))
    covs, means, r = (
        factor @ factor.transpose(0, 2, 1) + np.eye(3),
        rng.normal(size=(4, 3)),
        rng.dirichlet(np.ones(4), 5),
    )
    found = component_message(r, means, covs, full)
    for n in range(5):
        each = [Gaussian(means[k : k + 1], covs[k : k + 1] if full else np.diag(covs[k])[None]) for k in range(4)]
        expected = pooled(each, r[n].tolist())
        np.testing.assert_allclose(found.mean[n], expected.mean[0])
        np.testing.assert_allclose(found.cov[n], expected.cov[0])
