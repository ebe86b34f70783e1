"""Assertions about the batches of a `tf.data.Dataset`, in its graph."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kvae.likelihoods.support import OFF_STEP, TOLERANCE, Support
from kvae.options.arguments import check_prior_cov, check_prior_mu

MARK = "kvae: not what {} may hold"  # in the error of an assertion; tells which text says what is wrong
WEIGHTS = Support(0.0)
VARIANCES, COVARIANCES = "variances > 0", "symmetric covariances that are positive definite"

# What must be true of the parts of a batch beside x, by what `MARK` names.
TEXTS = {
    "sample_weight": f"`sample_weight` must hold {WEIGHTS}",
    "rows": "`sample_weight` must have shape (batch,)",
    "prior_mu": f"`prior_mu` must hold {Support()}",
    VARIANCES: f"`prior_cov` must hold {VARIANCES}",
    COVARIANCES: f"`prior_cov` must hold {COVARIANCES}",
}


def asserted(tensor: tf.Tensor, condition: tf.Tensor, what: str) -> tf.Tensor:
    """The tensor, which depends on an assertion that all of `condition` is true."""
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(condition), [MARK.format(what)])]):
        return tf.identity(tensor)


def observations(x: tf.Tensor, row_shape: tuple[int, ...], support: Support | None) -> tf.Tensor:
    """A batch of observations `(batch, *row_shape)` whose values are in the support."""
    if x.dtype.is_bool:
        return x
    if x.shape.rank is not None and x.shape.rank != len(row_shape) + 1:
        x = tf.reshape(x, (-1, *row_shape))
    x = asserted(x, fits_support(tf.cast(x, tf.float32), support or Support()), "x")
    return tf.ensure_shape(x, (None, *row_shape))  # a data set from a generator may not know it


def check_weights_spec(spec: tf.TensorSpec) -> None:
    """Raise ValueError unless weights of a data set may be `(batch,)` or `(batch, 1)`."""
    if not any(spec.shape.is_compatible_with(shape) for shape in ((None,), (None, 1))):
        raise ValueError(f"{TEXTS['rows']}. Received: shape {tuple(spec.shape)}")


def weights_of(x: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The weights of the observations x, `(batch,)`, finite and >= 0, as `kvae.data.observations.as_weights`."""
    weights = tf.reshape(weights, (-1,))
    if not weights.dtype.is_floating:
        weights = tf.cast(weights, keras.config.floatx())
    weights = asserted(weights, tf.equal(tf.shape(weights)[0], tf.shape(x)[0]), "rows")
    return asserted(weights, fits_support(tf.cast(weights, tf.float32), WEIGHTS), "sample_weight")


def check_message_spec(spec: dict[str, tf.TensorSpec], latent_dim: int) -> None:
    """Raise ValueError unless the message of a data set has shapes that `kvae.data.prior_message` allows."""
    mu, cov = spec.get("prior_mu"), spec.get("prior_cov")
    row = (None, latent_dim)
    if mu is not None and not mu.shape.is_compatible_with(row):
        check_prior_mu(tuple(mu.shape), None, latent_dim)
    if cov is not None and not any(cov.shape.is_compatible_with(shape) for shape in (row, (*row, latent_dim))):
        check_prior_cov(tuple(cov.shape), None, latent_dim)


def message_of(inputs: dict[str, Any], latent_dim: int) -> dict[str, tf.Tensor]:
    """The message of a batch, finite and with positive definite covariances."""
    found = {}
    mu, cov = inputs.get("prior_mu"), inputs.get("prior_cov")
    if mu is not None:
        mu = asserted(mu, fits_support(tf.cast(mu, tf.float32), Support()), "prior_mu")
        found["prior_mu"] = tf.ensure_shape(mu, (None, latent_dim))
    if cov is not None and cov.shape.rank == 2:
        fits = fits_support(tf.cast(cov, tf.float32), Support()) & (cov > 0)
        found["prior_cov"] = tf.ensure_shape(asserted(cov, fits, VARIANCES), (None, latent_dim))
    elif cov is not None and cov.shape.rank == 3:
        cov = tf.ensure_shape(cov, (None, latent_dim, latent_dim))
        found["prior_cov"] = asserted(cov, positive_definite(cov), COVARIANCES)
    return found


def positive_definite(cov: tf.Tensor) -> tf.Tensor:
    """Whether matrices `(n, d, d)` are finite, symmetric up to rounding, and positive definite, `(n,)`."""
    finite = fits_support(tf.cast(cov, tf.float32), Support())
    cov = tf.where(finite, tf.cast(cov, tf.float64), 0.0)
    turned = tf.linalg.matrix_transpose(cov)
    symmetric = tf.abs(cov - turned) <= 1e-6 + 1e-4 * tf.abs(turned)
    values = tf.linalg.eigvalsh(cov)
    rounding = cov.shape[-1] * np.finfo(np.float64).eps * tf.reduce_max(tf.abs(values), axis=-1)
    return tf.reduce_all(finite & symmetric, axis=(1, 2)) & (values[:, 0] > rounding)


def fits_support(values: tf.Tensor, support: Support) -> tf.Tensor:
    """Whether each of the values `(batch, ...)` is in a support, as `Support.outside` for arrays."""
    lowest, highest, step = support.limits()
    fits = (values >= lowest) & (values <= highest)
    if np.any(step):
        steps = (values - np.where(step, lowest + TOLERANCE, 0.0)) / np.where(step, step, 1.0)
        near = tf.abs(steps - tf.round(steps)) <= OFF_STEP * tf.maximum(1.0, 1e-3 * tf.abs(steps))
        fits = fits & (near | np.equal(step, 0))
    return fits | tf.math.is_nan(values) if support.missing else fits
