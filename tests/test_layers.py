import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from kvae.layers import Sampling, bounded_log_var

MEAN = np.array([[1.0, -2.0]], np.float32)
LOG_VAR = np.log(np.array([[4.0, 0.25]], np.float32))


def draws(sampling, n=50_000):
    return np.asarray(sampling(MEAN, LOG_VAR, n_samples=n))[:, 0]


def test_shapes():
    sampling = Sampling(seed=0)
    assert sampling(MEAN, LOG_VAR).shape == (1, 2)
    assert sampling(MEAN, LOG_VAR, n_samples=5).shape == (5, 1, 2)
    assert sampling.compute_output_shape((None, 2), (None, 2)) == (None, 2)


def test_draws_follow_the_posterior():
    z = (draws(Sampling(seed=0)) - MEAN) / np.exp(LOG_VAR / 2)
    assert stats.kstest(z[:, 0], "norm").pvalue > 1e-3
    assert stats.kstest(z[:, 1], "norm").pvalue > 1e-3
    assert abs(np.corrcoef(z.T)[0, 1]) < 5 / np.sqrt(len(z))


def test_a_seed_gives_the_same_draws_and_zero_is_one():
    np.testing.assert_array_equal(draws(Sampling(seed=0), 3), draws(Sampling(seed=0), 3))
    assert not np.array_equal(draws(Sampling(seed=0), 3), draws(Sampling(seed=1), 3))


def test_every_call_draws_anew_and_reset_starts_again():
    sampling = Sampling(seed=3)
    first, second = draws(sampling, 3), draws(sampling, 3)
    assert not np.array_equal(first, second)
    sampling.reset(3)
    np.testing.assert_array_equal(draws(sampling, 3), first)


def test_config_is_complete():
    sampling = Sampling(seed=3, name="noise")
    assert sampling.get_config()["seed"] == 3
    assert Sampling.from_config(sampling.get_config()).get_config() == sampling.get_config()


def test_given_noise_takes_the_place_of_the_layers_own():
    layer, eps = Sampling(seed=0), np.full((2, 3, 4), 0.5, np.float32)
    z = layer(np.ones((3, 4), np.float32), np.full((3, 4), np.log(4.0), np.float32), n_samples=2, eps=eps)
    np.testing.assert_allclose(z, np.full((2, 3, 4), 2.0), rtol=1e-6)
    np.testing.assert_array_equal(layer.draw((3, 4)), Sampling(seed=0).draw((3, 4)))


@pytest.mark.parametrize("as_list", [False, True])
def test_it_stands_in_a_functional_model_that_is_saved(tmp_path, as_list):
    mean, log_var = keras.Input((2,)), keras.Input((2,))
    layer = Sampling(seed=0, name="noise")
    model = keras.Model([mean, log_var], layer([mean, log_var]) if as_list else layer(mean, log_var))
    assert model.output_shape == (None, 2)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    rows = [np.repeat(MEAN, 5, axis=0), np.repeat(LOG_VAR, 5, axis=0)]
    expected = Sampling(seed=0)(*rows)
    for used in (model, again):
        np.testing.assert_allclose(used.predict_on_batch(rows), expected, rtol=1e-6)


def test_several_draws_are_an_axis_of_a_functional_model():
    mean, log_var = keras.Input((2,)), keras.Input((2,))
    z = Sampling(seed=0)(mean, log_var, n_samples=3)
    assert z.shape == (3, None, 2)


def test_a_mean_alone_is_refused():
    with pytest.raises(ValueError, match=r"layer\(z_mean, z_log_var\)\. Received: 1"):
        Sampling(seed=0)(MEAN)
    with pytest.raises(ValueError, match="Received: 3"):
        Sampling(seed=0)([MEAN, MEAN, MEAN])


@pytest.mark.parametrize("seed", [-1, 0.5, "a", True])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer from 0 to"):
        Sampling(seed)


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
