import logging

import numpy as np
import pytest

from kvae.uses.codes.known import log_known
from kvae.uses.codes.proposals import Mixture, Normals
from kvae.uses.codes.weights import effective_number
from kvae.uses.codes_given import codes_given, in_batches, poor

# Nothing is compiled here: compiling takes longer than all that is computed.
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]
N = 1000


@pytest.fixture
def holes(ppca):
    """Rows of probabilistic PCA of which a third of the values is hidden, one wholly."""
    vae, x, _, (W, b) = ppca
    hidden = np.random.default_rng(1).random(x.shape) < 0.35
    hidden[7] = True
    return vae, np.where(hidden, np.nan, x).astype(np.float32), W, b


def exact(row, W, b, mu=0.0, cov=None, direction=None, value=0.0, variance=1.0):
    """Mean and covariance of p(z | known values), and of a measurement of `direction @ z`, in float64."""
    known = ~np.isnan(row)
    prior = np.eye(2) if cov is None else cov
    precision = np.linalg.inv(prior) + W[known].T @ W[known]
    linear = np.linalg.inv(prior) @ (np.zeros(2) + mu) + W[known].T @ (row[known] - b[known])
    if direction is not None:
        precision = precision + np.outer(direction, direction) / variance
        linear = linear + direction * value / variance
    return np.linalg.solve(precision, linear), np.linalg.inv(precision)


def compare(z, rows, W, b, **given):
    """Draws `(n, rows, 2)` have the means and covariances of the closed form, within five standard errors."""
    for i, row in enumerate(rows):
        mean, cov = exact(row, W, b, **given)
        white = np.linalg.solve(np.linalg.cholesky(cov), (z[:, i] - mean).T).T
        n = len(z) / 4  # draws by weights, and steps of a chain, are not independent
        assert np.all(np.abs(white.mean(0)) < 5 / np.sqrt(n)), i
        assert np.all(np.abs(np.cov(white.T) - np.eye(2)) < 5 * np.sqrt(2 / n)), i


def test_draws_are_those_of_the_exact_posterior_given_the_known_values(holes):
    vae, x, W, b = holes
    compare(codes_given(vae, x[:12], n=N), x[:12], W, b)


def test_without_steps_the_weights_alone_are_right(holes):
    vae, x, W, b = holes
    compare(codes_given(vae, x[:6], n=N, steps=0, n_samples=4 * N), x[:6], W, b)


def test_steps_put_right_what_few_samples_leave(holes):
    vae, x, W, b = holes
    far = np.clip(x[:6] * 3, -9, 9)  # rows that the encoder, which knows no gaps, is wrong about
    compare(codes_given(vae, far, n=N, n_samples=2 * N, steps=20), far, W, b)


def test_evidence_is_counted(holes):
    vae, x, W, b = holes
    direction = np.array([1.0, -0.5])

    def evidence(z):
        return -0.5 * (z @ direction - 3.0) ** 2 / 0.2

    z = codes_given(vae, x[:8], evidence, n=N)
    compare(z, x[:8], W, b, direction=direction, value=3.0, variance=0.2)


def test_rare_evidence_is_found(ppca):
    vae, _, _, (W, b) = ppca
    row = np.full((1, 5), np.nan, np.float32)
    direction = np.array([1.0, 0.0])

    def evidence(z):  # of which a draw from the prior in ten million has a fair share
        return -0.5 * (z @ direction - 6.0) ** 2 / 0.05

    z = codes_given(vae, row, evidence, n=N)
    compare(z, row, W, b, direction=direction, value=6.0, variance=0.05)


def test_hard_evidence_cuts(holes):
    vae, x, _, _ = holes
    z = codes_given(vae, x[7:8], lambda z: np.where(z[..., 0] > 1.5, 0.0, -np.inf), n=N)
    assert z[..., 0].min() > 1.5
    # The mean of a normal variable above 1.5: its density over the probability.
    assert z[..., 0].mean() == pytest.approx(1.9386, abs=0.06)
    assert abs(z[..., 1].mean()) < 0.16


def test_a_prior_that_modules_send(holes):
    vae, x, W, b = holes
    mu, cov = np.array([2.0, -1.0]), np.array([[0.5, 0.3], [0.3, 0.9]])
    message = {"prior_mu": np.tile(mu, (9, 1)), "prior_cov": np.tile(cov, (9, 1, 1))}
    z = codes_given(vae, x[:9], n=N, **message)
    compare(z, x[:9], W, b, mu=mu, cov=cov)


def test_weights_average_to_the_exact_mean(holes):
    vae, x, W, b = holes
    ((rows, codes),) = in_batches(vae, x[:10], n_samples=4000)
    assert rows == slice(0, 10)
    for i, row in enumerate(x[:10]):
        np.testing.assert_allclose(codes.weights[:, i] @ codes.z[:, i], exact(row, W, b)[0], atol=0.06)
    assert np.all(codes.effective > 400)
    assert codes.effective[7] == 4000  # nothing is known: they are draws from the prior


def test_rows_in_batches_are_those_rows(holes, monkeypatch):
    vae, x, W, b = holes
    monkeypatch.setattr("kvae.uses.codes_given.NUMBERS_AT_ONCE", 2 * 1000 * 3)
    parts = list(in_batches(vae, x[:8], n_samples=1000))
    assert [rows.start for rows, _ in parts] == [0, 3, 6]
    compare(codes_given(vae, x[:8], n=N), x[:8], W, b)


def test_one_seed_gives_one_result(holes):
    vae, x, _, _ = holes
    first, again, other = (codes_given(vae, x, n=2, rng=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.all(first != other)
    assert first.shape == (2, 40, 2)
    assert first.dtype == np.float32
    assert np.all(first[0] != first[1])


def test_known_values_count_as_in_closed_form(holes):
    vae, x, W, b = holes
    z = np.random.default_rng(0).normal(size=(3, 40, 2)).astype(np.float32)
    square = (np.where(np.isnan(x), 0, x - b - z @ W.T)) ** 2
    expected = -0.5 * (square + np.log(2 * np.pi) * ~np.isnan(x)).sum(-1)
    np.testing.assert_allclose(log_known(vae, x)(z), expected, rtol=1e-4, atol=1e-4)


def test_what_cannot_be_is_said(holes, caplog):
    vae, x, _, _ = holes
    with caplog.at_level(logging.WARNING):
        z = codes_given(vae, x[:3], lambda z: np.full(z.shape[:2], -np.inf), n_samples=20)
    assert np.all(np.isfinite(z))
    assert "for 3 of 3 rows, what is known of them has probability 0 under every code" in caplog.text


def test_few_draws_that_count_are_said():
    assert poor(np.array([20.0, 100.0]), 128) is None
    assert "codes of 1 of 2 rows rest on fewer than 8 effective draws of 128" in poor(np.array([3.0, 100.0]), 128)
    np.testing.assert_allclose(effective_number(np.log([[0.5, 1.0], [0.5, 1e-30]])), [2.0, 1.0])


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"n": 0}, "`n` must be an integer >= 1. Received: n=0"),
        ({"steps": -1}, "Received: steps=-1"),
        ({"n_samples": 2.5}, "Received: n_samples=2.5"),
        ({"prior_mu": np.zeros((3, 4))}, r"\(3, 4\)"),
    ],
)
def test_wrong_arguments(ppca, keywords, message):
    vae, x, _, _ = ppca
    with pytest.raises(ValueError, match=message):
        codes_given(vae, x[:3], **keywords)


def test_wrong_rows(ppca):
    with pytest.raises(ValueError, match=r"`x` must have shape \(rows, 5,\). Received: \(3, 2\)"):
        codes_given(ppca[0], np.zeros((3, 2)))


def test_mixtures_draw_what_their_density_says():
    from scipy import stats

    cov = np.array([[1.0, 0.6], [0.6, 0.5]])
    full = Normals.prior(2, 2, np.array([[0.0, 1.0], [3.0, 0.0]]), np.tile(cov, (2, 1, 1)))
    mixture = Mixture((full, Normals(np.ones((2, 2)), np.full((2, 2), 0.3))), np.array([0.25, 0.75]))
    z = np.random.default_rng(0).normal(size=(4, 2, 2))
    expected = [
        0.25 * stats.multivariate_normal(full.mean[n], cov).pdf(z[:, n])
        + 0.75 * stats.multivariate_normal([1, 1], 0.09 * np.eye(2)).pdf(z[:, n])
        for n in range(2)
    ]
    np.testing.assert_allclose(np.exp(mixture.log_density(z)), np.transpose(expected))
    assert np.abs(np.cov(full.draw(20_000, np.random.default_rng(1))[:, 1].T) - cov).max() < 0.03
    draws = mixture.draw(20_000, np.random.default_rng(1))
    np.testing.assert_allclose(draws.mean(0), 0.25 * full.mean + 0.75, atol=0.04)
    fixed, shares = mixture.draw_from_each(10, np.random.default_rng(1))
    np.testing.assert_array_equal(shares.weights, [0.2, 0.8])
    assert fixed.shape == (10, 2, 2)
