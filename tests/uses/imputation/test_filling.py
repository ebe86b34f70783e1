import numpy as np
import pytest

from kvae.uses.imputation import impute
from kvae.uses.imputation.predictive import weighted_median

# Nothing is compiled here: compiling takes longer than all that is computed.
pytestmark = [
    pytest.mark.usefixtures("eager"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`"),
]


@pytest.fixture
def holes(ppca):
    """Rows of probabilistic PCA with gaps, one row of gaps alone, one without any."""
    vae, x, _, (W, b) = ppca
    hidden = np.random.default_rng(1).random(x.shape) < 0.4
    hidden[3], hidden[5] = True, False
    return vae, np.where(hidden, np.nan, x)[:12].astype(np.float32), W, b


def exact(row, W, b):
    """Mean and covariance of the missing values given the others, of N(b, W W' + I), in float64."""
    gap = np.isnan(row)
    cov = W @ W.T + np.eye(5)
    gain = cov[np.ix_(gap, ~gap)] @ np.linalg.inv(cov[np.ix_(~gap, ~gap)])
    return b[gap] + gain @ (row[~gap] - b[~gap]), cov[np.ix_(gap, gap)] - gain @ cov[np.ix_(~gap, gap)]


def test_means_and_uncertainty_are_those_of_the_exact_conditional(holes):
    vae, x, W, b = holes
    found = impute(vae, x, n_samples=2500)
    assert found.x.shape == (1, 12, 5)
    for row, filled, spread in zip(x, found.x[0], found.uncertainty, strict=True):
        gap = np.isnan(row)
        np.testing.assert_array_equal(filled[~gap], row[~gap])
        assert np.isnan(spread[~gap]).all()
        mean, cov = exact(row, W, b)
        np.testing.assert_allclose(filled[gap], mean, atol=0.12)
        np.testing.assert_allclose(spread[gap], np.sqrt(np.diag(cov)), rtol=0.12)
    assert np.isnan(found.effective[5])
    assert np.all(np.delete(found.effective, 5) > 200)


def test_medians_of_a_normal_are_its_means(holes):
    vae, x, W, b = holes
    found = impute(vae, x, draw="mode", n_samples=2500).x[0]
    for row, filled in zip(x, found, strict=True):
        np.testing.assert_allclose(filled[np.isnan(row)], exact(row, W, b)[0], atol=0.25)


def test_imputations_have_the_exact_conditional_covariance(holes):
    vae, x, W, b = holes
    found = impute(vae, x, n=1000).x
    assert found.shape == (1000, 12, 5)
    for i, row in enumerate(x):
        gap = np.isnan(row)
        assert np.all(found[:, i, ~gap] == row[~gap])
        if gap.any():
            mean, cov = exact(row, W, b)
            white = np.linalg.solve(np.linalg.cholesky(cov), (found[:, i, gap] - mean).T)
            assert np.abs(white.mean(1)).max() < 0.25  # about five standard errors of draws that depend a little
            assert np.abs(np.cov(white) - np.eye(gap.sum())).max() < 0.35


def test_rows_that_miss_at_random_given_another_column_get_the_conditional_mean():
    """Incomes are missing where ages are high: the mean of all is wrong by far, that given the age is not."""
    import keras

    from kvae import VAE

    rng = np.random.default_rng(0)
    age = rng.normal(size=3000)
    income = 0.9 * age + np.sqrt(1 - 0.81) * rng.normal(size=3000)
    gone = rng.random(3000) < 1 / (1 + np.exp(-3 * age))
    x = np.stack([age, np.where(gone, np.nan, income)], axis=1).astype(np.float32)
    # x = w z + e with unit noise, in units where the correlation is .9: w^2 / (w^2 + 1) = .9
    w = 3.0
    z_in, x_in = keras.Input((1,)), keras.Input((2,))
    out, mean, log_var = (keras.layers.Dense(units) for units in (2, 1, 1))
    encoder, decoder = keras.Model(x_in, [mean(x_in), log_var(x_in)]), keras.Model(z_in, out(z_in))
    out.set_weights([np.full((1, 2), w), np.zeros(2)])
    mean.set_weights([np.full((2, 1), w / (1 + 2 * w**2)), np.zeros(1)])
    log_var.set_weights([np.zeros((2, 1)), np.full(1, -np.log(1 + 2 * w**2))])
    vae = VAE(encoder, decoder, likelihood="gaussian", seed=0)
    unit = np.sqrt(w**2 + 1)
    filled = impute(vae, x * unit).x[0] / unit
    wrong = filled[gone, 1] - income[gone]
    assert abs(wrong.mean()) < 0.03
    assert wrong.std() == pytest.approx(np.sqrt(1 - 0.81), rel=0.06)
    assert abs(np.nanmean(x[:, 1]) - income[gone].mean()) > 0.5  # what the mean of all is wrong by


def test_batches_and_seeds(holes, monkeypatch):
    vae, x, _, _ = holes
    done = []
    first, again, other = (impute(vae, x, 3, n_samples=20, rng=seed, count=done.append).x for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.all((first != other)[:, np.isnan(x)])
    monkeypatch.setattr("kvae.uses.imputation.filling.NUMBERS_AT_ONCE", 20 * 5 * 4)
    assert impute(vae, x, 3, n_samples=20, count=done.append).x.shape == first.shape
    assert done[-3:] == [4, 9, 12]


def test_nothing_is_missing(holes):
    vae, x, _, _ = holes
    found = impute(vae, x[5:6])
    np.testing.assert_array_equal(found.x[0], x[5:6])
    assert np.isnan(found.uncertainty).all()


def test_weighted_medians():
    draws = np.array([[3.0, 1.0], [1.0, 2.0], [2.0, 9.0]])
    weights = np.array([[0.2, 0.2], [0.2, 0.2], [0.6, 0.6]])
    np.testing.assert_array_equal(weighted_median(draws, weights), [2.0, 9.0])
    np.testing.assert_array_equal(weighted_median(draws, np.full((3, 2), 1 / 3)), [2.0, 2.0])


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"n": 0}, "Received: n=0"),
        ({"draw": "max"}, "`draw` must be one of mean, mode, sample. Received: draw='max'"),
        (
            {"n": 2, "draw": "mode"},
            "several imputations are draws: pass draw='sample'. Received: n=2, draw='mode'",
        ),
        ({"n_samples": 0}, "Received: n_samples=0"),
    ],
)
def test_wrong_arguments(holes, keywords, message):
    with pytest.raises(ValueError, match=message):
        impute(holes[0], holes[1], **keywords)


@pytest.mark.parametrize("draw", ["mean", "mode"])
def test_what_fills_a_row_depends_on_no_other_row(holes, draw):
    vae, x, _, _ = holes
    order = np.random.default_rng(0).permutation(len(x))
    together = impute(vae, x, draw=draw, n_samples=50).x[0]
    np.testing.assert_allclose(impute(vae, x[order], draw=draw, n_samples=50).x[0], together[order], rtol=1e-5)
    alone = [impute(vae, x[i : i + 1], draw=draw, n_samples=50).x[0, 0] for i in range(len(x))]
    np.testing.assert_allclose(alone, together, rtol=1e-5)


def test_nearly_the_same_rows_have_errors_of_their_own(holes):
    vae, x, _, _ = holes
    gap = np.isnan(x[0])
    rows = np.tile(x[:1], (50, 1))
    rows[:, np.flatnonzero(~gap)[0]] += np.linspace(0, 1e-3, 50, dtype=np.float32)
    assert np.all(impute(vae, rows, n_samples=50).x[0][:, gap].std(axis=0) > 0.05)
