"""Checks of the arguments of a VAE: each error says which argument, what is allowed and what was received."""

import math
from typing import Any

import numpy as np


def check_arguments(KL_param: float, n_samples: int, free_bits: float, seed: int | None = None) -> None:
    """Raise ValueError for a number out of range."""
    check_at_least("KL_param", KL_param)
    check_count("n_samples", n_samples)
    check_at_least("free_bits", free_bits)
    check_seed(seed)


def check_iwae(iwae: bool, n_samples: int, free_bits: float, usual_terms: bool = True) -> None:
    """Raise ValueError for arguments that cannot be combined with the importance-weighted bound."""
    check_flag("iwae", iwae)
    if not iwae:
        return
    if n_samples < 2:
        raise ValueError(f"`iwae` needs several draws: pass n_samples=8, for example. Received: {n_samples=}")
    if free_bits:
        raise ValueError(f"`iwae` has no KL of single dimensions: leave free_bits out. Received: {free_bits=}")
    if not usual_terms:
        raise ValueError("`iwae` cannot be used with `terms` of your own, which it would not call")


def check_at_least(name: str, value: Any, lowest: float = 0.0, above: bool = False) -> None:
    """Raise ValueError unless `value` is a finite number of at least, or above, `lowest`."""
    if not is_number(value) or not (value > lowest if above else value >= lowest):
        sign = ">" if above else ">="
        raise ValueError(f"`{name}` must be a finite number {sign} {lowest:g}. Received: {name}={value!r}")


def check_seed(seed: Any) -> None:
    """Raise ValueError unless `seed` is None or an integer from 0 to 2**32 - 1, as generators take it."""
    if seed is not None and not (is_integer(seed) and 0 <= seed < 2**32):
        raise ValueError(f"`seed` must be an integer from 0 to 2**32 - 1, or None. Received: seed={seed!r}")


def check_flag(name: str, value: Any) -> None:
    """Raise ValueError unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"`{name}` must be True or False. Received: {name}={value!r}")


def is_integer(value: Any) -> bool:
    """Whether `value` is an integer, of Python or NumPy; True and False are not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether `value` is one finite number, of Python, NumPy or a tensor; True and False are not."""
    if isinstance(value, bool | np.bool_ | str):
        return False
    try:
        return math.isfinite(value)
    except (TypeError, ValueError):
        return False


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
    if not (is_integer(value) and value >= 1):
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
