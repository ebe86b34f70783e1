"""The objective, as pure functions of tensors.

For an observation x with posterior q(z|x) = N(z_mean, diag(exp(z_log_var))) and a prior mean `prior_mu`
that another module sends (zeros when nobody does), the loss that training minimises is

    loss = mean over observations of  reconstruction + KL_param * kl
    reconstruction = -E_q[log p(x|z)],    kl = KL(q(z|x) || N(prior_mu, I))

both summed over their dimensions, in nats. With `prior_mu = 0` and `KL_param = 1` its negative is the
evidence lower bound of Kingma and Welling (2014), equation 3; with `KL_param = beta` it is the beta-VAE of
Higgins et al. (2017), equation 4. The functions draw no random numbers.
"""

from typing import Any

from keras import ops

Tensor = Any


def gaussian_kl_per_dim(z_mean: Tensor, z_log_var: Tensor, prior_mu: Tensor) -> Tensor:
    """KL(N(z_mean, exp(z_log_var)) || N(prior_mu, 1)) of every latent dimension.

    Args:
        z_mean, z_log_var: Posterior mean and natural-log variance, `(batch, latent_dim)`.
        prior_mu: Prior mean, `(batch, latent_dim)`, or 0 for the standard normal prior.

    Returns:
        Nats, `(batch, latent_dim)`.
    """
    # expm1 keeps the digits that exp(v) - 1 - v loses where the posterior variance is close to 1.
    return 0.5 * (ops.square(z_mean - prior_mu) + ops.expm1(z_log_var) - z_log_var)


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor, prior_mu: Tensor) -> Tensor:
    """KL(N(z_mean, diag(exp(z_log_var))) || N(prior_mu, I)).

    Kingma and Welling (2014), appendix B, with the prior's mean moved from 0 to `prior_mu`.

    Args:
        z_mean, z_log_var: Posterior mean and natural-log variance, `(batch, latent_dim)`.
        prior_mu: Prior mean, `(batch, latent_dim)`, or 0 for the standard normal prior.

    Returns:
        Nats, `(batch,)`.
    """
    return ops.sum(gaussian_kl_per_dim(z_mean, z_log_var, prior_mu), axis=-1)


def weighted_mean(values: Tensor, sample_weight: Tensor | None = None) -> Tensor:
    """Mean of `values` over the batch axis, weighted; `(batch, ...)` to `(...)`."""
    if sample_weight is None:
        return ops.mean(values, axis=0)
    weight = ops.reshape(sample_weight, (-1,) + (1,) * (len(values.shape) - 1))
    return ops.sum(weight * values, axis=0) / ops.sum(sample_weight)


def pressed_kl(
    kl_per_dim: Tensor,
    sample_weight: Tensor | None = None,
    free_bits: float = 0.0,
    capacity: Tensor | float = 0.0,
) -> Tensor:
    """The batch's KL as training presses it: `| sum_j max(free_bits, mean_n kl_nj) - capacity |`.

    With `free_bits = capacity = 0` it is the mean of `gaussian_kl` over the batch.

    Args:
        kl_per_dim: `gaussian_kl_per_dim`, `(batch, latent_dim)`.
        sample_weight: Weights of the observations, `(batch,)`; None weighs them alike.
        free_bits: Nats per latent dimension below which the KL is not pressed (Kingma et al. 2016,
            equation 15).
        capacity: Nats that the KL is held at instead of 0 (Burgess et al. 2018, equation 8).

    Returns:
        Nats, a scalar.
    """
    kl = weighted_mean(kl_per_dim, sample_weight)
    if free_bits > 0.0:
        kl = ops.maximum(kl, free_bits)
    return ops.abs(ops.sum(kl) - capacity)


def vae_loss(
    reconstruction: Tensor,
    kl: Tensor,
    KL_param: Tensor | float,
    sample_weight: Tensor | None = None,
) -> Tensor:
    """Loss of a batch: the mean of `reconstruction` plus `KL_param` times the pressed KL.

    Args:
        reconstruction: -E_q[log p(x|z)] in nats, `(batch,)`.
        kl: `pressed_kl` of the batch in nats, a scalar.
        KL_param: Weight of the KL, >= 0.
        sample_weight: Weights of the observations, `(batch,)`; None weighs them alike.

    Returns:
        Nats per observation, a scalar.
    """
    return weighted_mean(reconstruction, sample_weight) + KL_param * kl


def importance_log_weights(
    log_likelihood: Tensor,
    z: Tensor,
    z_mean: Tensor,
    z_log_var: Tensor,
    prior_mu: Tensor,
) -> Tensor:
    """Logarithm of p(x|z) p(z) / q(z|x), whose log-mean-exp over z estimates log p(x).

    Burda et al. (2016), equation 8. The constants of the two Gaussians cancel.

    Args:
        log_likelihood: log p(x|z) in nats, `(n_samples, batch)`.
        z: Draws from the posterior, `(n_samples, batch, latent_dim)`.
        z_mean, z_log_var, prior_mu: As in `gaussian_kl`, `(batch, latent_dim)`.

    Returns:
        Nats, `(n_samples, batch)`.
    """
    log_prior = -0.5 * ops.sum(ops.square(z - prior_mu), axis=-1)
    standardised = ops.square(z - z_mean) * ops.exp(-z_log_var)
    log_posterior = -0.5 * ops.sum(standardised + z_log_var, axis=-1)
    return log_likelihood + log_prior - log_posterior
