import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from scipy import stats

from kvae import objective

N, D = 7, 3


@pytest.fixture
def posterior():
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, D)), rng.normal(size=(N, D)), rng.normal(size=(N, D))


def kl_in_numpy(z_mean, z_log_var, prior_mu):
    variance = np.exp(z_log_var.astype(np.float64))
    return 0.5 * np.sum((z_mean - prior_mu) ** 2 + variance - 1.0 - np.log(variance), axis=-1)


def as_float32(*arrays):
    return [np.asarray(array, np.float32) for array in arrays]


def test_gaussian_kl_is_that_of_numpy_in_float64(posterior):
    kl = ops.convert_to_numpy(objective.gaussian_kl(*as_float32(*posterior)))
    assert kl.shape == (N,)
    np.testing.assert_allclose(kl, kl_in_numpy(*as_float32(*posterior)), rtol=1e-5)


def test_gaussian_kl_is_its_monte_carlo_estimate(posterior):
    z_mean, z_log_var, prior_mu = posterior
    z = z_mean + np.exp(z_log_var / 2) * np.random.default_rng(1).normal(size=(100_000, N, D))
    log_q = -0.5 * np.sum((z - z_mean) ** 2 / np.exp(z_log_var) + z_log_var, axis=-1)
    log_p = -0.5 * np.sum((z - prior_mu) ** 2, axis=-1)
    estimate, se = (log_q - log_p).mean(0), (log_q - log_p).std(0) / np.sqrt(len(z))
    kl = ops.convert_to_numpy(objective.gaussian_kl(*as_float32(*posterior)))
    assert np.all(np.abs(kl - estimate) < 5 * se)


def test_gaussian_kl_is_zero_where_posterior_and_prior_agree():
    z_mean = np.full((2, D), 3.0, np.float32)
    kl = objective.gaussian_kl(z_mean, np.zeros((2, D), np.float32), z_mean)
    np.testing.assert_array_equal(kl, 0.0)


def test_gaussian_kl_does_not_change_when_mean_and_message_move_together(posterior):
    z_mean, z_log_var, prior_mu = as_float32(*posterior)
    moved = objective.gaussian_kl(z_mean + 2.0, z_log_var, prior_mu + 2.0)
    np.testing.assert_allclose(moved, objective.gaussian_kl(z_mean, z_log_var, prior_mu), rtol=1e-5)


def test_gaussian_kl_keeps_its_digits_close_to_unit_variance():
    v = np.array([[1e-4]], np.float32)
    kl = objective.gaussian_kl(np.zeros_like(v), v, 0.0)
    exact = 0.5 * (np.expm1(np.float64(v)) - np.float64(v))
    np.testing.assert_allclose(kl, exact.sum(-1), rtol=2e-3)


def test_gradients_of_gaussian_kl_are_their_closed_forms(posterior):
    tensors = [tf.constant(array, tf.float32) for array in posterior]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        kl = objective.gaussian_kl(*tensors)
    z_mean, z_log_var, prior_mu = posterior
    expected = [z_mean - prior_mu, 0.5 * (np.exp(z_log_var) - 1.0), prior_mu - z_mean]
    for gradient, exact in zip(tape.gradient(kl, tensors), expected, strict=True):
        np.testing.assert_allclose(gradient, exact, rtol=1e-4, atol=1e-6)


def test_weighted_mean_is_that_of_numpy(posterior):
    values, weight = posterior[0], np.arange(N, dtype=float)
    np.testing.assert_allclose(
        objective.weighted_mean(values, weight), np.average(values, axis=0, weights=weight), rtol=1e-6
    )
    np.testing.assert_allclose(objective.weighted_mean(values), values.mean(0), rtol=1e-6)


@pytest.mark.parametrize(
    ("free_bits", "capacity", "expected"),
    [
        (0.0, 0.0, 0.1 + 2.0),
        (0.5, 0.0, 0.5 + 2.0),
        (0.0, 5.0, 5.0 - 2.1),
        (0.0, 1.0, 2.1 - 1.0),
        (3.0, 0.0, 6.0),
    ],
)
def test_pressed_kl(free_bits, capacity, expected):
    kl_per_dim = np.array([[0.0, 1.0], [0.2, 3.0]], np.float32)
    pressed = objective.kl_penalty(kl_per_dim, free_bits=free_bits, capacity=capacity)
    np.testing.assert_allclose(pressed, expected, rtol=1e-6)


def test_free_bits_do_not_press_below_the_threshold():
    kl_per_dim = tf.constant([[0.1, 2.0], [0.2, 3.0]])
    with tf.GradientTape() as tape:
        tape.watch(kl_per_dim)
        pressed = objective.kl_penalty(kl_per_dim, free_bits=0.5)
    np.testing.assert_allclose(tape.gradient(pressed, kl_per_dim), [[0.0, 0.5], [0.0, 0.5]])


def test_vae_loss_is_affine_in_KL_param():
    reconstruction = np.array([3.0, 5.0], np.float32)
    losses = [float(objective.vae_loss(reconstruction, 2.0, KL_param)) for KL_param in (0.0, 1.0, 3.0)]
    assert losses == [4.0, 6.0, 10.0]


def test_importance_log_weights_are_the_three_log_densities(posterior):
    from scipy.stats import norm

    z_mean, z_log_var, prior_mu = posterior
    rng = np.random.default_rng(2)
    z, log_likelihood = rng.normal(size=(4, N, D)), rng.normal(size=(4, N))
    expected = (
        log_likelihood + norm.logpdf(z, prior_mu).sum(-1) - norm.logpdf(z, z_mean, np.exp(z_log_var / 2)).sum(-1)
    )
    weights = objective.importance_log_weights(*as_float32(log_likelihood, z, z_mean, z_log_var, prior_mu))
    np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-4)


def covariances(kind):
    rng = np.random.default_rng(5)
    if kind == "variances":
        return rng.uniform(0.2, 3.0, (N, D))
    factors = rng.normal(size=(N, D, D))
    return factors @ factors.transpose(0, 2, 1) + 0.3 * np.eye(D)


def as_matrices(prior_cov):
    return prior_cov[:, :, None] * np.eye(D) if prior_cov.ndim == 2 else prior_cov


@pytest.mark.parametrize("kind", ["variances", "covariances"])
def test_gaussian_kl_to_a_message_with_a_covariance_is_that_of_numpy(posterior, kind):
    z_mean, z_log_var, prior_mu = posterior
    prior_cov = covariances(kind)
    matrices = as_matrices(prior_cov)
    difference = prior_mu - z_mean
    exact = 0.5 * (
        np.einsum("nii,ni->n", np.linalg.inv(matrices), np.exp(z_log_var))
        + np.einsum("ni,nij,nj->n", difference, np.linalg.inv(matrices), difference)
        - D
        + np.linalg.slogdet(matrices)[1]
        - z_log_var.sum(-1)
    )
    kl = objective.gaussian_kl(*as_float32(z_mean, z_log_var, prior_mu, prior_cov))
    np.testing.assert_allclose(kl, exact, rtol=1e-4)


@pytest.mark.parametrize("kind", ["variances", "covariances"])
def test_an_identity_covariance_gives_the_kl_without_one(posterior, kind):
    ones = np.ones((N, D)) if kind == "variances" else np.broadcast_to(np.eye(D), (N, D, D))
    kl = objective.gaussian_kl(*as_float32(*posterior, ones))
    np.testing.assert_allclose(kl, objective.gaussian_kl(*as_float32(*posterior)), rtol=1e-5)


@pytest.mark.parametrize("kind", ["variances", "covariances"])
def test_importance_weights_use_the_density_of_the_message(posterior, kind):
    z_mean, z_log_var, prior_mu = posterior
    prior_cov = covariances(kind)
    z = z_mean + np.random.default_rng(2).normal(size=(2, N, D))
    arguments = as_float32(np.zeros((2, N)), z, z_mean, z_log_var, prior_mu, prior_cov)
    log_weights = objective.importance_log_weights(*arguments)
    for n in range(N):
        prior = stats.multivariate_normal(prior_mu[n], as_matrices(prior_cov)[n])
        q = stats.multivariate_normal(z_mean[n], np.diag(np.exp(z_log_var[n])))
        np.testing.assert_allclose(
            log_weights[:, n], prior.logpdf(z[:, n]) - q.logpdf(z[:, n]), rtol=1e-3, atol=1e-3
        )


def test_terms_under_a_full_covariance_are_those_of_the_whitened_axes():
    rng = np.random.default_rng(5)
    z_mean, z_log_var, mu = (rng.normal(size=(7, 3)).astype(np.float32) for _ in range(3))
    root = rng.normal(size=(7, 3, 3))
    cov = root @ root.transpose(0, 2, 1) + np.eye(3)
    terms = ops.convert_to_numpy(objective.gaussian_kl_per_dim(z_mean, z_log_var, mu, cov.astype(np.float32)))
    whitener = np.linalg.inv(np.linalg.cholesky(cov))
    for n in range(7):
        shift = whitener[n] @ (z_mean[n] - mu[n])
        variance = np.diag(whitener[n] @ np.diag(np.exp(z_log_var[n])) @ whitener[n].T)
        expected = 0.5 * (shift**2 + variance - 1 - z_log_var[n] - 2 * np.log(np.diag(whitener[n])))
        np.testing.assert_allclose(terms[n], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_a_mean_over_one_part_alone_is_the_mean(shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    mean = ops.convert_to_numpy(objective.weighted_mean(values, None, lambda total: total))
    np.testing.assert_allclose(mean, values.mean(axis=0), rtol=1e-5)


def test_the_bound_is_less_both_terms_of_numbers_and_of_tensors():
    reconstruction, kl = np.float64([3.0, 0.5]), np.float64([1.25, 0.0])
    np.testing.assert_array_equal(objective.elbo(reconstruction, kl), [-4.25, -0.5])
    tensors = objective.elbo(*(ops.convert_to_tensor(values) for values in (reconstruction, kl)))
    np.testing.assert_array_equal(ops.convert_to_numpy(tensors), [-4.25, -0.5])
