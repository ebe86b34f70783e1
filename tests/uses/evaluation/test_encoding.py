import numpy as np
import pytest

from kvae.modules import Gaussian
from kvae.uses.evaluation.encoding import evenly_spread, joined, kl_per_dim

rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("n", "most", "expected"), [(3, 5, [0, 1, 2]), (101, 5, [0, 25, 50, 75, 100]), (1, 5, [0])]
)
def test_rows_are_spread_from_the_first_to_the_last(n, most, expected):
    assert evenly_spread(n, most).tolist() == expected


@pytest.mark.parametrize("cov", [None, "diag", "full"])
def test_kl_is_that_of_the_message(cov):
    z_mean, z_log_var, mu = (rng.normal(size=(6, 3)) for _ in range(3))
    factor = rng.normal(size=(6, 3, 3))
    full = factor @ factor.transpose(0, 2, 1) + np.eye(3)
    diagonal = np.array([np.diag(matrix) for matrix in full])
    given = {None: None, "diag": diagonal, "full": full}[cov]
    matrices = {None: np.tile(np.eye(3), (6, 1, 1)), "diag": diagonal[:, None] * np.eye(3), "full": full}[cov]
    inverse, variance = np.linalg.inv(matrices), np.exp(z_log_var)
    square = np.einsum("ni,nij,nj->n", z_mean - mu, inverse, z_mean - mu)
    trace = np.einsum("nii,ni->n", inverse, variance)
    expected = 0.5 * (square + trace - 3 + np.linalg.slogdet(matrices)[1] - z_log_var.sum(axis=1))
    arrays = (array.astype(np.float32) for array in (z_mean, z_log_var))
    found = kl_per_dim(*arrays, Gaussian(mu, given))
    assert found.shape == (6, 3)
    np.testing.assert_allclose(found.sum(axis=1), expected, rtol=1e-4)


def test_messages_of_pieces_are_those_of_the_whole():
    mean, cov = rng.random((5, 2)), rng.random((5, 2))
    whole = joined([Gaussian(mean[:2], cov[:2]), Gaussian(mean[2:], cov[2:])])
    np.testing.assert_array_equal(whole.mean, mean)
    np.testing.assert_array_equal(whole.cov, cov)
    assert joined([Gaussian(mean[:2]), Gaussian(mean[2:])]).cov is None
