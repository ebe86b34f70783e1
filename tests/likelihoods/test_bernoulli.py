"""The Bernoulli likelihood of many draws, by few logarithms."""

import keras
import numpy as np
import pytest

from kvae.layers import Bernoulli


def log_prob(x, logits):
    """Sums over the data axes, in float64."""
    x, logits = x.astype(np.float64), logits.astype(np.float64)
    per_value = x * logits - np.logaddexp(0.0, logits)
    return per_value.sum(tuple(range(1 - x.ndim, 0)))


@pytest.mark.parametrize("shape", [(1,), (31,), (32,), (63,), (784,), (1217,), (7, 5, 3)])
@pytest.mark.parametrize("scale", [0.01, 3.0, 60.0])
def test_log_prob_of_draws_is_that_of_numpy(shape, scale):
    rng = np.random.default_rng(0)
    x = rng.random((5, *shape), np.float32).round()
    logits = (scale * rng.standard_normal((4, 5, *shape))).astype(np.float32)
    expected = log_prob(x, logits)
    found = np.asarray(Bernoulli().log_prob_of_draws(x, logits))
    assert found.shape == (4, 5)
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-6)
    np.testing.assert_allclose(Bernoulli().log_prob_of_draws(x, logits[0]), expected[0], atol=1e-4, rtol=1e-6)


def test_products_stay_within_float32_where_every_factor_is_2():
    x, logits = np.ones((1, 5000), np.float32), np.zeros((2, 1, 5000), np.float32)
    np.testing.assert_allclose(Bernoulli().log_prob_of_draws(x, logits), -5000 * np.log(2.0), rtol=1e-6)


def test_draws_in_float16_and_probabilities_take_the_usual_way():
    x = np.random.default_rng(0).random((3, 80)).round()
    logits = np.zeros((2, 3, 80))
    half = Bernoulli(dtype="float16").log_prob_of_draws(x.astype(np.float16), logits.astype(np.float16))
    np.testing.assert_allclose(half, -80 * np.log(2.0), rtol=1e-3)
    found = Bernoulli(from_logits=False).log_prob_of_draws(x, logits + 0.25)
    np.testing.assert_allclose(found, np.tile(np.where(x, np.log(0.25), np.log(0.75)).sum(-1), (2, 1)), rtol=1e-5)


def test_a_subclass_keeps_its_own_density():
    class Twice(Bernoulli):
        def log_density(self, x, *parameters):
            return 2.0 * keras.ops.convert_to_tensor(super().log_density(x, *parameters))

    x = np.random.default_rng(0).random((3, 80)).round().astype(np.float32)
    logits = np.random.default_rng(1).standard_normal((2, 3, 80)).astype(np.float32)
    np.testing.assert_allclose(Twice().log_prob_of_draws(x, logits), 2.0 * log_prob(x, logits), rtol=1e-5)
