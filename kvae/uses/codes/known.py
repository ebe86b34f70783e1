"""Inference from the known values of an observation: their log-density given a code, and the encoder's guess."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from kvae.model import VAE
from kvae.networks.forward import with_training

# Codes that are decoded at once.
CODES_AT_ONCE = 8192
# XLA was no faster here, and takes seconds to compile for every new number of rows.
XLA = False

Tensor = Any


def posterior_of_known(vae: VAE, x: np.ndarray, prior_mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of q(z|x), each `(n, latent_dim)` float64, of rows `(n, *data_shape)` with NaN.

    If the encoder gives NaN, missing values are replaced by the decoded mean of the prior, `(n, latent_dim)`.
    """
    taken = np.asarray(x, np.float32)
    z_mean, z_log_var = vae._in_batches(vae.posterior, (taken,), CODES_AT_ONCE, XLA)
    if np.isnan(z_mean).any():
        filled = np.where(
            np.isnan(taken),
            vae._in_batches(vae._decoded_mean, (prior_mean.astype(np.float32),), CODES_AT_ONCE, XLA)[0],
            taken,
        )
        z_mean, z_log_var = vae._in_batches(vae.posterior, (filled,), CODES_AT_ONCE, XLA)
    return z_mean.astype(np.float64), np.exp(0.5 * z_log_var.astype(np.float64))


def log_known(vae: VAE, x: np.ndarray, gaps_tell: bool | np.ndarray = True) -> Callable[[np.ndarray], np.ndarray]:
    """A function from codes `(S, n, latent_dim)` to the log-density of the known values of rows `x`, in nats.

    It returns `(S, n)` float64 and works in batches of bounded size. Draws nothing.

    Args:
        vae: A learnt model.
        x: `(n, *data_shape)`, NaN where a value is not known.
        gaps_tell: Whether a gap counts as known in a column whose gaps were learnt, or where, `(n, *data_shape)`.
            False: NaN means that nothing is known of the value.
    """
    gaps = np.isnan(x)
    by_column = hasattr(vae.likelihood, "log_prob_per_column")
    tells = np.broadcast_to(gaps_tell, x.shape)
    whole = not gaps.any() or (by_column and bool(tells[gaps].all()))
    function = of_rows(vae) if whole else of_known(vae)
    taken = (np.asarray(x, np.float32),) if whole else (np.asarray(x, np.float32), ~gaps | (tells & by_column))

    def log_density(z: np.ndarray) -> np.ndarray:
        n_samples, n = z.shape[:2]
        found = np.empty(n_samples * n)
        for start in range(0, n_samples * n, CODES_AT_ONCE):  # pairs of a code and its row, in the codes' order
            pairs = np.arange(start, min(start + CODES_AT_ONCE, n_samples * n))
            codes = z.reshape(-1, z.shape[-1])[pairs]
            rows = (codes, *(part[pairs % n] for part in taken))
            found[pairs] = vae._in_batches(function, rows, CODES_AT_ONCE, XLA)[0]
        return np.where(np.isnan(found), -np.inf, found).reshape(n_samples, n)

    return log_density


def of_rows(vae: VAE) -> Callable[[Tensor, Tensor], Tensor]:
    """A function from codes and a row of each, as tensors, to the log-density of the rows, `(n,)`."""
    return lambda z, x: vae.log_likelihood(x, z[None])[0]


def of_known(vae: VAE) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A function from codes, rows and booleans to the log-density of the values, or gaps, that count, `(n,)`."""

    def log_of_known_values(z: Tensor, x: Tensor, counts: Tensor) -> Tensor:
        params = with_training(vae.decoded, False)(z)
        if hasattr(vae.likelihood, "log_prob_per_column"):
            density = vae.likelihood.log_prob_per_column(x, params)
        else:
            density = vae.likelihood.log_density(
                ops.where(counts, x, ops.zeros_like(x)), *vae.likelihood.parameters(params)
            )
        density = ops.where(counts, density, ops.zeros_like(density))
        return ops.sum(density, axis=tuple(range(1, len(x.shape))))

    return log_of_known_values


def decoded(vae: VAE, z: np.ndarray) -> np.ndarray:
    """The decoder's output for codes `(S, n, latent_dim)`: `(S, n, *param_shape)`. Draws nothing."""
    return of_codes(vae, vae._decoded_params, z)


def means(vae: VAE, z: np.ndarray) -> np.ndarray:
    """Means of p(x|z) for codes `(S, n, latent_dim)`: `(S, n, *data_shape)`, NaN for categories. Draws nothing."""
    return of_codes(vae, vae._decoded_numbers, z)


def of_codes(vae: VAE, function: Callable[[Tensor], Tensor], z: np.ndarray) -> np.ndarray:
    """Apply a function of codes `(n, latent_dim)` to codes `(S, n, latent_dim)`."""
    found = vae._in_batches(function, (z.reshape(-1, z.shape[-1]),), CODES_AT_ONCE, XLA)[0]
    return found.reshape(*z.shape[:2], *found.shape[1:])
