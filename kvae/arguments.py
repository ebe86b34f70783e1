"""Checks of what people pass to a VAE: each error says argument, what is allowed and what came."""

import math
from typing import Any

import keras
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


def check_networks(encoder: keras.Model, decoder: keras.Model) -> tuple[tuple[int, ...], int]:
    """`data_shape` and `latent_dim` of an encoder and a decoder that fit each other.

    Raises:
        ValueError: When they do not, or are not built.
    """
    try:
        data_shape = tuple(encoder.input_shape[1:])
        heads = [tuple(shape) for shape in encoder.output_shape]
    except (AttributeError, TypeError) as error:
        raise ValueError(
            "`encoder` must be a built Keras model with two outputs, z_mean and z_log_var; wrap other layers "
            f"as keras.Model(inputs, [z_mean, z_log_var]). Received: encoder={encoder!r}"
        ) from error
    if len(heads) != 2 or heads[0] != heads[1] or len(heads[0]) != 2:
        raise ValueError(
            "`encoder` must have two outputs of shape (batch, latent_dim), z_mean and z_log_var. "
            f"Received outputs of shape: {heads}"
        )
    latent_dim = heads[0][1]
    if tuple(decoder.input_shape[1:]) != (latent_dim,) or tuple(decoder.output_shape[1:]) != data_shape:
        raise ValueError(
            f"`decoder` must map (batch, {latent_dim}) to (batch, {', '.join(map(str, data_shape))}), as the "
            f"encoder's shapes ask. Received: {decoder.input_shape} to {decoder.output_shape}"
        )
    return data_shape, latent_dim


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
