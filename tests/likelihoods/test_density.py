"""Densities, probability masses, gradients, means and draws of all likelihoods, beside SciPy's in float64."""

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from likelihoods.cases import BY_NAME, CASES
from scipy.special import expit

from kvae.likelihoods.lookup import get_likelihood, names

N, D = 400, 3
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
DISCRETE = pytest.mark.parametrize(
    "case", [case for case in CASES if hasattr(case.of(case.params(1, 1)), "logpmf")], ids=lambda case: case.name
)
EXTREME = (-1e6, -60.0, -1.0, 0.0, 1.0, 60.0, 1e6)


def log_density(dist):
    return dist.logpmf if hasattr(dist, "logpmf") else dist.logpdf


def values_of(case, params):
    """Likely and unlikely values: draws of the same parameters, and of those of other rows."""
    x = case.draws(params)
    x[::2] = case.draws(np.roll(params, 1, axis=0))[::2]
    return x


def tensor_gradients(likelihood, x, params):
    with tf.GradientTape() as tape:
        tape.watch(params)
        log_p = likelihood.log_prob(x, params)
    return log_p, tape.gradient(log_p, params)


def gradients(case, x, params):
    """The log-density of every row, and its gradient by the parameters."""
    params = tf.convert_to_tensor(params)
    found = tensor_gradients(case.likelihood, tf.convert_to_tensor(x, params.dtype), params)
    return [np.asarray(one) for one in found]


def test_every_likelihood_is_tested():
    """Here, or where its values depend on each other, in a file of its own."""
    own_file = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert sorted(names()) == sorted({*BY_NAME, *(own_file & set(names()))})


@EACH
def test_the_density_is_that_of_scipy(case):
    params = case.params(N, D)
    x = values_of(case, params)
    expected = log_density(case.of(params))(x)
    seen = np.isfinite(expected).all(axis=-1)  # SciPy's masses below 1e-308 are 0
    assert seen.mean() > 0.5
    found = np.asarray(case.likelihood.log_prob(tf.constant(x, tf.float64), tf.constant(params)))
    np.testing.assert_allclose(found[seen], expected.sum(-1)[seen], rtol=1e-8, atol=1e-8)


@EACH
def test_float32_gives_what_float64_gives(case):
    params = case.params(N, D, seed=1).astype(np.float32)
    x = case.draws(params).astype(np.float32)
    exact = case.likelihood.log_prob(tf.constant(x, tf.float64), tf.constant(params, tf.float64))
    found = case.likelihood.log_prob(tf.constant(x), tf.constant(params))
    np.testing.assert_allclose(found, exact, rtol=2e-5, atol=5e-3)


@EACH
def test_gradients_are_those_of_finite_differences(case):
    params = 0.4 * case.params(40, D, seed=2) + 0.6 * case.usual_params(40, D)
    x = case.draws(case.usual_params(40, D))
    _, gradient = gradients(case, x, params)
    for column in range(params.shape[1]):
        step = np.zeros(params.shape[1])
        step[column] = 1e-5
        above, below = (np.asarray(case.likelihood.log_prob(tf.constant(x, tf.float64), params + s * step))
                        for s in (1, -1))  # fmt: skip
        np.testing.assert_allclose(gradient[:, column], (above - below) / 2e-5, rtol=1e-4, atol=1e-3)


@EACH
def test_xla_computes_what_is_computed_without(case):
    params = case.params(N, D, seed=4).astype(np.float32)
    x = case.draws(params).astype(np.float32)
    compiled = tf.function(partial(tensor_gradients, case.likelihood), jit_compile=True)
    for found, expected in zip(
        compiled(tf.constant(x), tf.constant(params)), gradients(case, x, params), strict=True
    ):
        # XLA's own logarithms and exponentials are a few last digits off, of large counts as well.
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=5e-3 + 1e-6 * np.abs(x).max())


@EACH
def test_densities_and_gradients_are_finite_at_extremes(case):
    n_params = len(case.ranges)
    grid = np.stack(np.meshgrid(*[EXTREME if n_params < 4 else EXTREME[::3]] * n_params), -1).reshape(-1, n_params)
    params = grid.astype(np.float32)
    for x in np.unique(case.draws(case.usual_params(50, 1))):
        log_p, gradient = gradients(case, np.full((len(params), 1), x, np.float32), params)
        assert np.isfinite(log_p).all() and np.isfinite(gradient).all()
    mean = np.asarray(case.likelihood.mean(tf.constant(params)))
    assert np.isfinite(mean).all()
    draws = case.likelihood.sample(params, np.random.default_rng(0))
    assert np.isfinite(draws).all() and draws.shape == mean.shape


def test_a_location_far_outside_gives_the_grey_value_at_the_end():
    params = tf.constant([[0.0, 0.0, location, location, -6.9, 3.0] for location in (-1e7, 1e7)])
    np.testing.assert_allclose(BY_NAME["logistic_mixture"].likelihood.mean(params), [[0.0], [1.0]], atol=1e-4)


@pytest.mark.parametrize("n_levels", [2, 17, 64, 65, 256])
def test_the_mean_of_few_levels_is_exact(n_levels):
    likelihood = get_likelihood({"name": "logistic_mixture", "n_components": 2, "n_levels": n_levels})
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(2, 500)), rng.uniform(-1.2, 1.2, (2, 500)), rng.uniform(-6.5, 1.0, (2, 500))]
    params = np.concatenate(rows).T.astype(np.float32)
    logits, locations, log_scales = (block[..., None] for block in np.split(params.astype(np.float64), 3, axis=-1))
    levels = np.arange(n_levels)
    edges = np.r_[-np.inf, (2.0 * levels[1:] - n_levels) / (n_levels - 1), np.inf]
    weights = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    masses = (weights * np.diff(expit((edges - locations) / np.exp(log_scales)))).sum(1)
    off = np.abs(np.asarray(likelihood.mean(tf.constant(params)))[:, 0] * (n_levels - 1) - masses @ levels).max()
    assert off < (1e-4 if n_levels <= 64 else {65: 0.37, 256: 0.16}[n_levels])


@pytest.mark.parametrize("name", ["gaussian_diagonal", "laplace", "student_t"])
def test_a_scale_beyond_its_bound_is_led_back(name):
    case = BY_NAME[name]
    params = np.array([[0.0, -100.0], [0.0, 100.0]], np.float32)
    _, gradient = gradients(case, np.full((2, 1), 1.0), params)
    assert gradient[0, 1] > 0 > gradient[1, 1]  # of the log-density, which training makes larger


@EACH
def test_mean_and_draws_are_those_of_scipy(case):
    params = case.usual_params(40_000, 2)
    dist, likelihood = case.of(params[:1]), case.likelihood
    mean = np.asarray(likelihood.mean(tf.constant(params[:1])))
    tolerance = 0.5 / 255 if case.name == "logistic_mixture" else 1e-6
    np.testing.assert_allclose(mean, dist.mean(), atol=tolerance)
    draws = likelihood.sample(params.astype(np.float32), np.random.default_rng(0))
    assert draws.dtype == np.float32 and draws.shape == (40_000, 2)
    se = np.sqrt(dist.var() / len(draws))
    assert np.all(np.abs(draws.mean(0) - dist.mean()) < 4 * se)
    np.testing.assert_allclose(draws.var(0), dist.var()[0], rtol=0.3 if case.name == "student_t" else 0.04)
    again = likelihood.sample(params[:9].astype(np.float32), np.random.default_rng(0))
    np.testing.assert_array_equal(
        again, likelihood.sample(params[:9].astype(np.float32), np.random.default_rng(0))
    )
    if likelihood.support is not None:
        assert not likelihood.support.outside(draws).any()


@DISCRETE
def test_probability_masses_sum_to_one_and_are_those_of_log_prob(case):
    likelihood = case.likelihood
    endless = likelihood.support.highest == np.inf
    params = tf.constant(0.2 * case.params(20, D, seed=3) + 0.8 * case.usual_params(20, D))
    values = likelihood.values(400 if endless else None)
    log_pmf = np.asarray(likelihood.log_pmf(params, len(values) if endless else None))
    assert log_pmf.shape == (20, D, len(values))
    np.testing.assert_allclose(np.exp(log_pmf).sum(-1), 1.0, rtol=1e-6)
    for place in (0, len(values) // 3, len(values) - 1):
        x = tf.fill((20, D), tf.constant(values[place], tf.float64))
        np.testing.assert_allclose(log_pmf[..., place].sum(-1), likelihood.log_prob(x, params), rtol=1e-9)
    assert not likelihood.support.outside(values).any()


@EACH
def test_images_and_samples_are_what_vectors_are(case):
    likelihood, k = case.likelihood, len(case.ranges)
    params = case.params(4, 12, seed=5)
    x = case.draws(params)
    expected = np.asarray(likelihood.log_prob(tf.constant(x, tf.float64), tf.constant(params)))
    blocks = params.reshape(4, k, 2, 3, 2)
    images = np.concatenate([blocks[:, i] for i in range(k)], axis=-1)
    assert images.shape[1:] == likelihood.param_shape((2, 3, 2))
    of_images = x.reshape(4, 2, 3, 2)
    found = likelihood.log_prob(tf.constant(of_images, tf.float64), tf.constant(np.stack([images, images])))
    np.testing.assert_allclose(found, [expected, expected], rtol=1e-9)
    mean = likelihood.mean(tf.constant(images))
    np.testing.assert_allclose(mean, np.reshape(likelihood.mean(tf.constant(params)), (4, 2, 3, 2)), rtol=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if c not in DISCRETE.args[1]], ids=lambda case: case.name)
def test_what_is_continuous_has_no_masses(case):
    with pytest.raises(ValueError, match="is continuous: it has a density"):
        case.likelihood.log_pmf(tf.zeros((1, len(case.ranges))))


@pytest.mark.parametrize("name", ["poisson", "negative_binomial"])
def test_masses_without_end_must_be_counted(name):
    with pytest.raises(ValueError, match=r"has no largest value: say how many you want, such as n_values=256"):
        BY_NAME[name].likelihood.log_pmf(tf.zeros((1, len(BY_NAME[name].ranges))))


@EACH
def test_a_config_makes_the_same_again(case):
    likelihood = case.likelihood
    config = keras.saving.serialize_keras_object(likelihood)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(likelihood) and again.get_config() == likelihood.get_config()
    assert {key: getattr(again, key) for key in case.keys} == case.keys
