"""Draws of one column that keep a condition."""

import math

import numpy as np
import pytest
from scipy import stats

from kvae.uses.conditions import Within
from kvae.uses.conditions.cells import among, in_order, of_order, within

N = 20_000


def drawn(below, edges, ends, n=N, whole=False):
    return within(below, Within(0, "", edges, ends), n, whole, np.random.default_rng(0))


@pytest.mark.parametrize(("low", "high"), [(1.0, math.inf), (-math.inf, -3.5), (-0.2, 0.7), (5.0, 6.0)])
def test_numbers_in_a_range_are_those_of_the_truncated_distribution(low, high):
    mean, sd = np.array([[0.0], [2.0]]), np.array([[1.0], [0.5]])
    shape = (2, N // 2)
    x = drawn(
        lambda at: stats.norm.cdf(at.reshape(shape), mean, sd).ravel(), ((low, high),), ((low, high),), n=N
    ).reshape(shape)
    assert x.min() >= low and x.max() <= high
    for row, m, s in zip(x, mean[:, 0], sd[:, 0], strict=True):
        exact = stats.truncnorm((low - m) / s, (high - m) / s, m, s)
        assert stats.kstest(row, exact.cdf).pvalue > 0.001


def test_counts_are_whole_and_have_their_masses():
    below = lambda at: stats.poisson.cdf(np.floor(at), 1.5)  # noqa: E731
    x = drawn(below, ((0.0, 1.0), (3.0, 5.0)), ((1.0, 1.0), (4.0, 5.0)), whole=True)
    masses = stats.poisson.pmf([1, 4, 5], 1.5)
    found = np.array([np.mean(x == value) for value in (1, 4, 5)])
    assert found.sum() == 1.0
    np.testing.assert_allclose(found, masses / masses.sum(), atol=0.015)


def test_an_atom_is_met_to_the_last_digit():
    def below(at):
        return np.where(at < 0.1, 0.5 * stats.norm.cdf(at), 0.5 + 0.5 * stats.norm.cdf(at))

    x = drawn(below, ((0.0, math.inf),), ((0.0, math.inf),))
    atom = np.mean(x == np.float32(0.1))
    assert atom == pytest.approx(0.5 / 0.75, abs=0.015)


def test_where_the_distribution_tells_nothing_apart_the_nearest_values_stay_in_the_range():
    x = drawn(lambda at: stats.norm.cdf(at), ((39.5, 50.5),), ((40.0, 50.0),), n=10)
    assert np.all((x >= 40) & (x <= 50))


def test_categories_by_their_masses():
    p = np.tile([[0.0, 3.0, 1.0, 0.0]], (N, 1))
    found = np.bincount(among(p, np.random.default_rng(0)), minlength=4) / N
    assert found[0] == found[3] == 0.0 and found[1] == pytest.approx(0.75, abs=0.015)


def test_floats_in_their_order():
    values = np.array([-np.inf, -1e30, -1.0, -1e-40, 0.0, 1e-45, 2.5, 3e38], np.float32)
    places = in_order(values)
    assert np.all(np.diff(places) > 0)
    np.testing.assert_array_equal(of_order(places), values)
