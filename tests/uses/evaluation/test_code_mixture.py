import numpy as np
import pytest

from kvae.errors import InputError
from kvae.metrics import clustering_metrics
from kvae.uses.evaluation.code_mixture import fit_codes


@pytest.fixture(scope="module")
def codes():
    """Three groups in two dimensions, among thirty that hold next to nothing."""
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    z = 0.05 * rng.normal(size=(300, 32)) + 7.0
    z[:, [4, 9]] = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])[labels] + rng.normal(size=(300, 2))
    return z.astype(np.float32), labels


def test_unused_dimensions_are_left_out(codes):
    z, labels = codes
    fitted = fit_codes(z, 3, seed=0)
    assert np.flatnonzero(fitted.used).tolist() == [4, 9]
    assert clustering_metrics(fitted.classes(z), labels)["accuracy"] > 0.99


def test_samples_lie_where_the_codes_lie(codes):
    z, _ = codes
    drawn = fit_codes(z, 3, seed=0).sample(4000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn[:, [4, 9]].mean(axis=0), z[:, [4, 9]].mean(axis=0), atol=0.3)
    np.testing.assert_allclose(np.cov(drawn[:, [4, 9]].T), np.cov(z[:, [4, 9]].T), rtol=0.15)
    unused = np.delete(np.arange(32), [4, 9])
    np.testing.assert_allclose(drawn[:, unused], np.tile(z[:, unused].mean(axis=0), (4000, 1)), rtol=1e-5)


def test_groups_of_other_sizes_are_found_and_drawn_as_often_as_they_are(codes):
    z, labels = codes
    kept = (labels == 0) | (np.arange(300) < 60)  # 100, 20 and 20 codes
    z, labels = z[kept], labels[kept]
    fitted = fit_codes(z, 3, seed=0)
    assert clustering_metrics(fitted.classes(z), labels)["accuracy"] > 0.99
    assert fitted.mixture.weights.max() < 0.45  # more alike, which finds groups; what is drawn is not
    drawn = fitted.classes(fitted.sample(3000, np.random.default_rng(1)))
    shares = np.sort(np.bincount(drawn, minlength=3) / 3000)
    np.testing.assert_allclose(shares, [20 / 140, 20 / 140, 100 / 140], atol=0.03)


def test_codes_that_hold_nothing_have_a_mixture_too():
    z = 0.01 * np.random.default_rng(0).normal(size=(40, 2))
    assert fit_codes(z, 2, seed=0).used.all()


def test_too_few_codes(codes):
    with pytest.raises(InputError, match="must be below the number of learning rows, 300"):
        fit_codes(codes[0], 300, seed=0)
