"""Codes with importance weights, in NumPy and float64."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kvae.uses.codes.proposals import Mixture


@dataclass(frozen=True)
class WeightedCodes:
    """Codes of some rows whose weighted averages are expectations under p(z | known values, evidence).

    Attributes:
        z: `(S, rows, latent_dim)`.
        weights: `(S, rows)`; they sum to 1 over S.
        effective: Effective number of draws of each row, `(rows,)`: 1 / sum of squared weights (Kong 1992). 0
            where all weights are 0.
        target: Function from codes `(S, rows, latent_dim)` to the unnormalised log-density of p(z | ...),
            `(S, rows)`.
        proposal: The distribution that the codes were drawn from.
    """

    z: np.ndarray
    weights: np.ndarray
    effective: np.ndarray
    target: Callable[[np.ndarray], np.ndarray]
    proposal: Mixture


def normalised(log_w: np.ndarray) -> np.ndarray:
    """Weights `(S, n)` that sum to 1 over S; equal where all log-weights are -inf."""
    largest = log_w.max(axis=0)
    w = np.exp(np.where(np.isneginf(largest), 0.0, log_w - np.where(np.isneginf(largest), 0.0, largest)))
    return w / w.sum(axis=0)


def effective_number(log_w: np.ndarray) -> np.ndarray:
    """Effective number of draws, `(n,)` (Kong 1992); 0 where all weights are 0."""
    return np.where(np.isneginf(log_w.max(axis=0)), 0.0, 1.0 / np.sum(normalised(log_w) ** 2, axis=0))
