import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

pytest.importorskip("constriction", reason="needs the extra [compress]")

from kvae.uses.compression import gaussians as gs
from kvae.uses.compression.stack import TOTAL, Stack

PRECISION = 4


def on_grid(mean, sd):
    return gs.gaussians(np.ldexp(np.asarray(mean, float), PRECISION), gs.sd_index(2 * np.log(sd), PRECISION))


def masses(number, tails):
    return np.rint(TOTAL * 2.0 ** -gs.table(number, tails).bits).astype(int)


@pytest.mark.parametrize("tails", [False, True])
def test_every_table_has_whole_masses_that_sum_to_one(tails):
    for number in range(0, 128 * 9, 7):
        whole = masses(number, tails)
        assert whole.sum() == TOTAL and whole.min() >= 1


@pytest.mark.parametrize("sd", [1.0, 1.7, 3.3, 9.0, 40.0])
@pytest.mark.parametrize("mean", [0.0, 0.2, -0.45])
def test_a_table_is_the_gaussian_that_it_stands_for(mean, sd):
    """Moments and entropy against SciPy's, of a sd in steps."""
    of = gs.gaussians(np.array([mean]), gs.sd_index(np.array([2 * np.log(sd)]), 0))
    it = gs.table(int(of.table[0]), False)
    p = masses(int(of.table[0]), False) / TOTAL
    cells = np.arange(-it.reach, it.reach + 1) + of.centre[0]
    found = p @ cells
    assert found == pytest.approx(mean, abs=max(0.07, sd / 16))
    assert np.sqrt(p @ (cells - found) ** 2) == pytest.approx(sd, rel=0.025)  # a 32nd of an octave
    entropy = stats.norm(scale=sd).entropy() / np.log(2)
    assert it.entropy == pytest.approx(entropy, abs=0.035)
    assert it.entropy == pytest.approx(stats.entropy(p, base=2), abs=2.0**-21)


def test_rounding_costs_next_to_nothing():
    """KL from the Gaussian of a table to the one that was asked for, in nats, over many."""
    rng = np.random.default_rng(0)
    mean, sd = rng.normal(size=400), np.exp(rng.uniform(0.0, 4.0, 400))  # in steps: from 1 to 55
    of = gs.gaussians(mean, gs.sd_index(2 * np.log(sd), 0))
    total = 0.0
    for i in range(400):
        p = masses(int(of.table[i]), False) / TOTAL
        reach = gs.table(int(of.table[i]), False).reach
        points = (np.arange(-reach, reach + 1) + of.centre[i]) * 2 ** of.shift[i] + (2.0 ** of.shift[i] - 1) / 2
        total += p @ (np.log(p / 2 ** of.shift[i]) - stats.norm(mean[i], sd[i]).logpdf(points))
    assert total / 400 < 0.0015


def test_draws_have_the_moments_of_the_posterior():
    rng = np.random.default_rng(0)
    for sd in (0.07, 0.5, 8.0):
        mean = rng.normal(size=20000)
        points, _ = gs.pop_gaussians(Stack(20000), on_grid(mean, np.full(20000, sd)), False)
        error = (np.ldexp(points.astype(float), -PRECISION) - mean) / sd
        assert abs(error.mean()) < 5 / np.sqrt(20000)
        assert error.std() == pytest.approx(1.0, abs=0.04)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(-5, 14), st.booleans())
def test_popped_points_are_pushed_back_to_the_bit(data, precision, tails):
    """Posteriors of any width, also those far wider or narrower than their grid."""
    n = data.draw(st.integers(0, 12))
    mean = np.array(data.draw(st.lists(st.floats(-1e4, 1e4, width=32), min_size=n, max_size=n)), float)
    log_var = np.array(data.draw(st.lists(st.floats(-30, 20, width=32), min_size=n, max_size=n)), float)
    of = gs.gaussians(np.ldexp(np.rint(mean * 2**14) / 2**14, precision), gs.sd_index(log_var, precision))
    stack = Stack(200)
    points, bits = gs.pop_gaussians(stack, of, tails)
    assert np.allclose(gs.push_gaussians(stack, of, points, tails), bits)
    assert stack.is_start(200)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(2**27), 2**27), min_size=1, max_size=20), st.floats(-6, 12), st.floats(-100, 100))
def test_a_prior_reaches_every_point(points, log_var, mean):
    points = np.array(points)
    of = on_grid(np.full(len(points), mean), np.full(len(points), np.exp(log_var / 2)))
    stack = Stack(1)
    bits = gs.push_gaussians(stack, of, points, True)
    assert 32 * (len(stack.words()) - 2) <= bits.sum() + 40  # what was said is what it took
    found, again = gs.pop_gaussians(stack, of, True)
    assert (found == points).all() and np.allclose(again, bits)
    assert stack.is_start(1)


def test_a_prior_costs_what_the_density_says():
    """Bits of points of N(0, 1) against the density times the step, from -5 to 5."""
    points = np.arange(-80, 81)
    of = on_grid(np.zeros(161), np.ones(161))
    bits = gs.push_gaussians(Stack(1), of, points, True)
    exact = -stats.norm.logpdf(points / 16) / np.log(2) + PRECISION
    assert np.abs(bits - exact)[np.abs(points) <= 64].max() < 0.02  # farther out masses are single digits
    weights = np.exp2(-exact)
    assert weights @ (bits - exact) == pytest.approx(0.0, abs=3e-4)


def test_a_point_beyond_its_posterior_is_refused():
    of = on_grid(np.zeros(2), np.ones(2))
    with pytest.raises(ValueError, match="beyond its posterior"):
        gs.push_gaussians(Stack(1), of, np.array([0, 16 * 5]), False)
