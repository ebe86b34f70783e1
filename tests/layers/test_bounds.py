import numpy as np
import pytest
import tensorflow as tf

from kvae.layers.bounds import bounded_log_var


def value_and_gradient(log_var):
    log_var = tf.constant(log_var, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(log_var)
        bounded = bounded_log_var(log_var)
    return bounded.numpy(), tape.gradient(bounded, log_var).numpy()


def test_the_usual_range_is_left_alone_to_the_bit():
    usual = np.random.default_rng(0).uniform(-30, 20, 10_000).astype(np.float32)
    bounded, gradient = value_and_gradient(usual)
    np.testing.assert_array_equal(bounded, usual)
    np.testing.assert_array_equal(gradient, 1.0)


@pytest.mark.parametrize(
    ("log_var", "expected"), [(25.0, 20.0), (3e9, 20.0), (1e38, 20.0), (-31.0, -30.0), (-1e30, -30.0)]
)
def test_outside_it_the_bound_holds_and_the_gradient_stays(log_var, expected):
    bounded, gradient = value_and_gradient([log_var])
    assert bounded == [expected] and gradient == [1.0]
    assert np.isfinite(np.exp(bounded)) and np.isfinite(np.exp(-bounded))
