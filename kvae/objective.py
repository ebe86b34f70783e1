"""The objective, as pure functions of tensors.

For an observation x with posterior q(z|x) = N(z_mean, diag(exp(z_log_var))) and a prior mean `prior_mu`
that another module sends (zeros without a message), the loss that training minimises is

    loss = mean over observations of  reconstruction + KL_param * kl
    reconstruction = -E_q[log p(x|z)],    kl = KL(q(z|x) || N(prior_mu, I))

both summed over their dimensions, in nats. What layers of the networks add to the loss (regularizers, `add_loss`)
comes on top and is not part of any bound. With `prior_mu = 0` and `KL_param = 1` its negative is the
evidence lower bound of Kingma and Welling (2014), equation 3; with `KL_param = beta` it is the beta-VAE of
Higgins et al. (2017), equation 4. A message may bring a covariance as well: the prior is then
N(prior_mu, prior_cov). The functions draw no random numbers.
"""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

# The metrics that are reported; the last only if layers add losses.
LOSSES = ("loss", "reconstruction", "kl", "regularization")

Tensor = Any
Total = Callable[[Tensor], Tensor]


def gaussian_kl_per_dim(
    z_mean: Tensor, z_log_var: Tensor, prior_mu: Tensor, prior_cov: Tensor | None = None
) -> Tensor:
    """KL(N(z_mean, exp(z_log_var)) || N(prior_mu, prior_cov)), a term per latent dimension.

    Without covariances between dimensions each term is the KL of its dimension. With them only the sum of the
    terms is a divergence: each term belongs to an axis of the space that the prior's Cholesky factor whitens.

    Args:
        z_mean, z_log_var: Posterior mean and natural-log variance, `(batch, latent_dim)`.
        prior_mu: Prior mean, `(batch, latent_dim)`, or 0 for the standard normal prior.
        prior_cov: None for the identity, variances `(batch, latent_dim)`, or covariances
            `(batch, latent_dim, latent_dim)`.

    Returns:
        Nats, `(batch, latent_dim)`.
    """
    difference = z_mean - prior_mu
    if prior_cov is None:
        square, log_ratio = ops.square(difference), z_log_var
    elif len(prior_cov.shape) == 2:
        square, log_ratio = ops.square(difference) / prior_cov, z_log_var - ops.log(prior_cov)
    else:
        return _full_kl_terms(difference, z_log_var, prior_cov)
    # expm1 keeps the digits that exp(v) - 1 - v loses where posterior and prior variance are close.
    return 0.5 * (square + ops.expm1(log_ratio) - log_ratio)


def _full_kl_terms(difference: Tensor, z_log_var: Tensor, prior_cov: Tensor) -> Tensor:
    """Terms of the KL to a Gaussian with a full covariance (Cover and Thomas 2006, section 8.5)."""
    whitener = _whitener(prior_cov)
    square = ops.square(ops.squeeze(whitener @ difference[..., None], -1))
    variance = ops.sum(ops.square(whitener) * ops.exp(z_log_var)[..., None, :], axis=-1)
    log_det = -2.0 * ops.log(ops.diagonal(whitener, axis1=-2, axis2=-1))
    return 0.5 * (square + variance - 1.0 - z_log_var + log_det)


def _whitener(cov: Tensor) -> Tensor:
    """Inverse Cholesky factors `(batch, d, d)`: W with W cov W^T = I."""
    identity = ops.broadcast_to(ops.eye(cov.shape[-1], dtype=cov.dtype), ops.shape(cov))
    return ops.solve_triangular(ops.cholesky(cov), identity, lower=True)


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor, prior_mu: Tensor, prior_cov: Tensor | None = None) -> Tensor:
    """KL(N(z_mean, diag(exp(z_log_var))) || N(prior_mu, prior_cov)), `prior_cov` the identity unless given.

    Kingma and Welling (2014), appendix B, with the prior moved from N(0, I). Arguments as in
    `gaussian_kl_per_dim`.

    Returns:
        Nats, `(batch,)`.
    """
    return ops.sum(gaussian_kl_per_dim(z_mean, z_log_var, prior_mu, prior_cov), axis=-1)


def weighted_mean(values: Tensor, sample_weight: Tensor | None = None, total: Total | None = None) -> Tensor:
    """Mean of `values` over the batch axis, weighted; `(batch, ...)` to `(...)`.

    Where the batch is one part of a larger batch, `total` maps a sum over this part to the sum over all parts. If
    all weights of a batch are 0, the result and its gradients are 0.
    """
    if sample_weight is None and total is None:
        return ops.mean(values, axis=0)
    if sample_weight is None:
        sample_weight = ops.ones(ops.shape(values)[:1], values.dtype)
    sample_weight = ops.cast(sample_weight, values.dtype)  # blocks hold float32 weights, whatever `floatx` is
    weight = ops.reshape(sample_weight, (-1,) + (1,) * (len(values.shape) - 1))
    summed, n = ops.sum(weight * values, axis=0), ops.sum(sample_weight)
    return ops.divide_no_nan(*((summed, n) if total is None else (total(summed), total(n))))


def weight_per_row(sample_weight: Tensor, n: Tensor, total: Total | None = None) -> Tensor:
    """The sum of the weights of a batch, divided by its number of observations.

    The gradient of a batch is that of its weighted mean times this, so that the gradients of all batches add up to
    that of the weighted mean of all observations, whatever the batch size. A batch with small weights changes the
    networks less. Keras's own losses do so too.

    Args:
        sample_weight: Weights of the observations, `(batch,)`.
        n: Number of observations in the whole batch, a scalar; rows that pad it do not count.
        total: As in `weighted_mean`.

    Returns:
        A scalar >= 0.
    """
    summed = ops.sum(sample_weight)
    return (summed if total is None else total(summed)) / ops.cast(n, sample_weight.dtype)


def kl_penalty(
    kl_per_dim: Tensor,
    sample_weight: Tensor | None = None,
    free_bits: float = 0.0,
    capacity: Tensor | float = 0.0,
    total: Total | None = None,
) -> Tensor:
    """The batch's KL as training penalises it: `| sum_j max(free_bits, mean_n kl_nj) - capacity |`.

    With `free_bits = capacity = 0` it is the mean of `gaussian_kl` over the batch.

    Args:
        kl_per_dim: `gaussian_kl_per_dim`, `(batch, latent_dim)`.
        sample_weight: Weights of the observations, `(batch,)`; None weighs them alike.
        free_bits: Nats per latent dimension below which the KL is not penalised (Kingma et al. 2016,
            equation 15).
        capacity: Nats that the KL is held at instead of 0 (Burgess et al. 2018, equation 8).
        total: As in `weighted_mean`.

    Returns:
        Nats, a scalar.
    """
    kl = weighted_mean(kl_per_dim, sample_weight, total)
    if free_bits > 0.0:
        kl = ops.maximum(kl, free_bits)
    return ops.abs(ops.sum(kl) - capacity)


def vae_loss(
    reconstruction: Tensor,
    kl: Tensor,
    KL_param: Tensor | float,
    sample_weight: Tensor | None = None,
    total: Total | None = None,
) -> Tensor:
    """Loss of a batch: the mean of `reconstruction`, plus `KL_param` times `kl`.

    Args:
        reconstruction: -E_q[log p(x|z)] in nats, `(batch,)`.
        kl: `kl_penalty` of the batch in nats, a scalar.
        KL_param: Weight of the KL, >= 0.
        sample_weight: Weights of the observations, `(batch,)`; None weighs them alike.
        total: As in `weighted_mean`.

    Returns:
        Nats per observation, a scalar.
    """
    return weighted_mean(reconstruction, sample_weight, total) + KL_param * kl


def regularized(loss: Tensor, regularization: Tensor | None) -> Tensor:
    """A loss plus what layers add, such as the penalties of their regularizers, a scalar; None if none does."""
    return loss if regularization is None else loss + regularization


def elbo(reconstruction: Tensor, kl: Tensor) -> Tensor:
    """The evidence lower bound of observations, from its two terms; nats, of their shape.

    Args:
        reconstruction: -E_q[log p(x|z)] in nats; numbers or arrays of any shape.
        kl: KL(q(z|x) || p(z)) in nats, of the same shape.
    """
    return -(reconstruction + kl)


def importance_log_weights(
    log_likelihood: Tensor,
    z: Tensor,
    z_mean: Tensor,
    z_log_var: Tensor,
    prior_mu: Tensor,
    prior_cov: Tensor | None = None,
) -> Tensor:
    """Logarithm of p(x|z) p(z) / q(z|x), whose log-mean-exp over z estimates log p(x).

    Burda et al. (2016), equation 8. The constants of the two Gaussians cancel.

    Args:
        log_likelihood: log p(x|z) in nats, `(n_samples, batch)`.
        z: Draws from the posterior, `(n_samples, batch, latent_dim)`.
        z_mean, z_log_var, prior_mu, prior_cov: As in `gaussian_kl`.

    Returns:
        Nats, `(n_samples, batch)`.
    """
    standardised = ops.square(z - z_mean) * ops.exp(-z_log_var)
    log_posterior = -0.5 * ops.sum(standardised + z_log_var, axis=-1)
    return log_likelihood + _log_prior(z - prior_mu, prior_cov) - log_posterior


def iwae_reconstruction(
    log_likelihood: Tensor,
    log_weights: Tensor,
    kl: Tensor,
    KL_param: Tensor | float,
) -> Tensor:
    """The term that training adds to `KL_param * kl` to maximise the importance-weighted bound, not the ELBO.

    The sum of the two is `-log 1/K sum_k p(x|z_k) (p(z_k) / q(z_k|x))^KL_param`: with `KL_param = 1` the negative
    bound of Burda et al. (2016), equation 8. If the likelihood leaves missing values out, it is that of MIWAE
    (Mattei and Frellsen 2019, equation 4).

    Args:
        log_likelihood: log p(x|z) in nats, `(n_samples, batch)`.
        log_weights: `importance_log_weights` of the same draws, `(n_samples, batch)`.
        kl: The KL of every observation in nats, `(batch,)`.
        KL_param: Weight of the KL term.

    Returns:
        Nats, `(batch,)`.
    """
    weighted = log_likelihood + KL_param * (log_weights - log_likelihood)
    n_samples = weighted.shape[0]
    return math.log(n_samples) - ops.logsumexp(weighted, axis=0) - KL_param * kl


def _log_prior(difference: Tensor, prior_cov: Tensor | None) -> Tensor:
    """Log-density of z - prior_mu, `(n_samples, batch, latent_dim)`, up to the constant of pi."""
    if prior_cov is None:
        return -0.5 * ops.sum(ops.square(difference), axis=-1)
    if len(prior_cov.shape) == 2:
        return -0.5 * ops.sum(ops.square(difference) / prior_cov + ops.log(prior_cov), axis=-1)
    whitener = _whitener(prior_cov)
    white = ops.squeeze(whitener @ difference[..., None], -1)
    log_det = -2.0 * ops.log(ops.diagonal(whitener, axis1=-2, axis2=-1))
    return -0.5 * ops.sum(ops.square(white) + log_det, axis=-1)
