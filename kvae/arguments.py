"""Checks of what people pass to a VAE: each error says argument, what is allowed and what came."""

import math
from typing import Any

import numpy as np


def check_arguments(KL_param: float, n_samples: int, free_bits: float) -> None:
    """Raise ValueError for a number out of range."""
    if not (math.isfinite(KL_param) and KL_param >= 0):
        raise ValueError(f"`KL_param` must be a finite number >= 0. Received: KL_param={KL_param!r}")
    if not (isinstance(n_samples, int) and n_samples >= 1):
        raise ValueError(f"`n_samples` must be an integer >= 1. Received: n_samples={n_samples!r}")
    if not (math.isfinite(free_bits) and free_bits >= 0):
        raise ValueError(f"`free_bits` must be a finite number >= 0. Received: free_bits={free_bits!r}")


def check_prior_mu(shape: tuple, n: int | None, latent_dim: int) -> None:
    """Raise ValueError unless a message has shape `(n, latent_dim)`: others might broadcast unnoticed."""
    fits = len(shape) == 2 and shape[1] == latent_dim and (n is None or shape[0] in (None, n))
    if not fits:
        raise ValueError(
            "`prior_mu` must have a row per observation and a column per latent dimension, shape "
            f"({n if n is not None else 'batch'}, {latent_dim}). Received: shape {tuple(shape)}"
        )


def check_prior_cov(shape: tuple, n: int | None, latent_dim: int) -> None:
    """Raise ValueError unless a message's covariances have a shape that `kvae.objective` takes."""
    tails = ((latent_dim,), (latent_dim, latent_dim))
    if tuple(shape[1:]) not in tails or not (n is None or shape[0] in (None, n)):
        rows = n if n is not None else "batch"
        raise ValueError(
            f"`prior_cov` must hold variances ({rows}, {latent_dim}) or covariances "
            f"({rows}, {latent_dim}, {latent_dim}). Received: shape {tuple(shape)}"
        )


def check_count(name: str, value: Any) -> None:
    """Raise ValueError unless `value` is an integer >= 1."""
    if not (isinstance(value, int | np.integer) and value >= 1):
        raise ValueError(f"`{name}` must be an integer >= 1. Received: {name}={value!r}")


def check_array(name: str, array: Any, row_shape: tuple[int, ...]) -> np.ndarray:
    """`array` as NumPy, when it has at least one row and its rows have `row_shape`; else ValueError.

    Rows that stay in their files (`kvae.data.stored`) stay there.
    """
    array = array if hasattr(array, "source") else np.asarray(array)
    if array.shape[1:] != tuple(row_shape) or len(array) == 0:
        expected = ", ".join(["n", *map(str, row_shape)])
        raise ValueError(f"`{name}` must have shape ({expected}), n >= 1. Received: shape {array.shape}")
    return array
