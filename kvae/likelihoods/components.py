"""Components of mixtures: a few categorical distributions over many levels, learnt and shared by all values."""

from typing import Any

import numpy as np
from keras import ops

Tensor = Any


def bumps(shape: tuple[int, int], dtype: Any = None) -> Tensor:
    """Initial logits `(n_components, n_levels)`: two components at the ends, the others evenly between."""
    n, n_levels = shape
    centres = np.concatenate([[0.0, n_levels - 1], np.linspace(0, n_levels - 1, n)[1:-1]])
    widths = np.array([0.3] * 2 + [n_levels / n] * (n - 2))
    distance = np.abs(np.arange(n_levels) - centres[:, None]) / widths[:, None]
    return ops.convert_to_tensor(np.log(np.exp(-distance) + 1e-3), dtype=dtype)


def drawn(log_p: Tensor, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A level drawn from each of the given components.

    Args:
        log_p: Log-probabilities of levels under all components, `(n_components, n_levels)`.
        components: The component of every draw, integers of any shape.
        rng: Source of the draws.
    """
    upto = np.cumsum(np.exp(ops.convert_to_numpy(log_p).astype(np.float64)), axis=-1)
    n_levels = upto.shape[-1]
    upto = upto / upto[:, -1:] + np.arange(len(upto))[:, None]  # ascending from row to row: one search for all
    places = np.searchsorted(upto.ravel(), components + rng.random(components.shape), side="right")
    return np.minimum(places - components * n_levels, n_levels - 1)
