import numpy as np
import pytest
from scipy import stats

from kvae.metrics.calibration import Ranks, Reliability

rng = np.random.default_rng(0)
N = 20_000


def of_counts(rate, assumed):
    x = rng.poisson(rate, N)
    ranks = Ranks()
    ranks.add(stats.poisson.cdf(x - 1, assumed), stats.poisson.cdf(x, assumed), np.random.default_rng(1))
    return ranks


def test_ranks_of_counts_are_even_where_the_distribution_is_right():
    ranks = of_counts(2.0, 2.0)
    assert ranks.n == N and ranks.error < 1.63 / np.sqrt(N)  # Kolmogorov's 1 of 100
    np.testing.assert_allclose(ranks.histogram(20), 0.05, atol=4 * np.sqrt(0.05 * 0.95 / N))


def test_ranks_tell_by_how_much_a_distribution_is_off():
    ranks = Ranks()
    x = rng.normal(0.5, 1, N)
    ranks.add(stats.norm.cdf(x), stats.norm.cdf(x), rng)
    off = 2 * stats.norm.cdf(0.25) - 1  # the largest distance of N(0, 1) from N(0.5, 1)
    assert ranks.error == pytest.approx(off, abs=0.01)
    assert of_counts(2.0, 3.0).error > 0.1


def test_gaps_count_nothing():
    ranks, reliability = Ranks(), Reliability()
    ranks.add(np.array([np.nan, 0.2]), np.array([np.nan, 0.2]), rng)
    reliability.add(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([np.nan, 0]))
    assert ranks.n == 1 and reliability.n == 1 and reliability.error == 0.0
    assert np.isnan(Ranks().error) and np.isnan(Reliability().error)


def test_reliability_is_the_distance_of_probabilities_from_shares():
    p = np.tile([0.7, 0.25, 0.05], (N, 1))
    right, wrong = Reliability(), Reliability()
    right.add(p, rng.choice(3, N, p=p[0]).astype(float))
    wrong.add(p, rng.choice(3, N, p=[0.5, 0.25, 0.25]).astype(float))
    assert right.error < 0.02
    assert wrong.error == pytest.approx(0.2, abs=0.02)
    assert wrong.pairs.sum() == 3 * N and wrong.right.sum() == N


def test_categories_that_are_too_likely_do_not_make_up_for_others():
    p = np.full((N, 2), 0.5)
    reliability = Reliability()
    reliability.add(p, (rng.random(N) < 0.8).astype(float))
    assert reliability.given.shape == (2, 10) and reliability.error == pytest.approx(0.3, abs=0.02)
    many = Reliability()
    many.add(np.full((N, 20), 0.05), rng.integers(0, 20, N).astype(float))
    assert many.given.shape == (1, 10) and many.error < 0.01
