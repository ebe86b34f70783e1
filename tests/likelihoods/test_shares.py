"""Intervals under mixtures of logistic variables: their gradient by hand, and the search for a value's piece."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_softmax

from kvae.likelihoods.columns.places import Places
from kvae.likelihoods.columns.shares import Bounds, of_mixtures

K, N = 3, 200
BOUNDS = Bounds(np.log(0.03), np.log(3.0), 3.0)


def by_hand(begin, length, density, end, params):
    """Log-probabilities by differences of distribution functions, `(n,)`; float64."""
    weights, location, log_scale = np.split(params.T, 3)
    scale = np.exp(np.clip(log_scale, BOUNDS.lowest, BOUNDS.highest))
    location = np.clip(location, -end - BOUNDS.beyond, end + BOUNDS.beyond)
    upto = [expit((at - location) / scale) for at in (begin, begin + length, -end, end)]
    share = np.where(density, upto[0] * (1.0 - upto[0]) / scale, upto[1] - upto[0])
    return np.log(np.sum(np.exp(log_softmax(weights, axis=0)) * share / (upto[3] - upto[2]), axis=0))


@pytest.mark.parametrize("where", ["nowhere", "somewhere"])
def test_values_and_gradients_are_those_of_differences(where):
    rng = np.random.default_rng(0)
    begin, length, end = rng.uniform(-4, 4, N), rng.uniform(0.01, 2, N), np.full(N, 6.0)
    density = rng.random(N) < 0.5 if where == "somewhere" else np.zeros(N, bool)
    params = np.concatenate([rng.normal(0, 1, (N, K)), rng.normal(0, 4, (N, K)), rng.normal(0, 1, (N, K))], axis=1)
    given = [tf.constant(one) for one in (begin, length, end)]
    log_p = of_mixtures(*given[:2], tf.constant(density) if density.any() else None, given[2], BOUNDS)
    tensor = tf.constant(params)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        found = log_p(tensor)
    np.testing.assert_allclose(found, by_hand(begin, length, density, end, params), rtol=1e-8, atol=1e-8)
    gradient, h = np.asarray(tape.gradient(found, tensor)), 1e-5
    for j in range(3 * K):
        step = h * np.eye(3 * K)[j]
        ahead, behind = (by_hand(begin, length, density, end, params + sign * step) for sign in (1, -1))
        np.testing.assert_allclose(gradient[:, j], (ahead - behind) / (2 * h), rtol=1e-4, atol=1e-5)


def test_far_out_values_and_gradients_are_finite():
    params = tf.constant([[0.0, 0.0, 0.0, 90.0, -90.0, 0.0, -9.0, 9.0, -9.0]] * 4)
    begin, length = tf.constant([-14.0, 14.0, 0.0, 5.0]), tf.constant([1e-6, 1e-6, 28.0, 1.0])
    for density in (None, tf.constant([True, True, False, True])):
        with tf.GradientTape() as tape:
            tape.watch(params)
            found = of_mixtures(begin, length, density, tf.fill([4], 15.0), BOUNDS)(params)
        assert np.isfinite(found).all() and np.isfinite(tape.gradient(found, params)).all()


@pytest.mark.parametrize("width", [1, 2, 3, 96])
def test_a_search_in_halves_finds_the_last_piece_that_begins_before(width):
    rng = np.random.default_rng(width)
    starts = np.sort(rng.normal(size=(3, width)), axis=1)
    starts[1, (width + 1) // 2 :] = np.inf
    x = np.concatenate([rng.normal(size=(50, 3)), starts[:, :1].T, np.full((1, 3), -9.0)])
    expected = [np.maximum(np.searchsorted(row, x[:, j], side="right") - 1, 0) for j, row in enumerate(starts)]
    places = Places(starts)
    found = places.of(tf.constant(x))
    np.testing.assert_array_equal(found, np.stack(expected, -1) + width * np.arange(3))
    table = rng.normal(size=(3, width))
    np.testing.assert_array_equal(places.take(table, found, tf.constant(x)), table.ravel()[np.asarray(found)])
