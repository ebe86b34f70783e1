"""p(x_missing | x_known) of a batch of rows: weighted averages of the decoder's output over codes, by value."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from kvae.model import VAE
from kvae.uses.codes.known import CODES_AT_ONCE, decoded, means
from kvae.uses.codes.row_noise import RowNoise
from kvae.uses.codes.weights import WeightedCodes

# Probabilities of categories that are held at once.
PROBABILITIES_AT_ONCE = 2**22


def categories_of(likelihood: Any) -> dict[int, int]:
    """Number of categories by the index of a column in a row; the other columns are numbers."""
    columns = getattr(likelihood, "columns", ())
    return {place: column.n_categories for place, column in enumerate(columns) if not column.is_number}


def draw_values(likelihood: Any, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One draw x ~ p(x|z) per row of the decoder's output, without gaps. Uses `rng`."""
    if hasattr(likelihood, "columns"):
        return likelihood.sample(params, rng, gaps=False)
    return likelihood.sample(params, rng)


class Predictive:
    """Averages over the weighted codes of some rows.

    Args:
        vae: A learnt model.
        codes: Of the rows.
    """

    def __init__(self, vae: VAE, codes: WeightedCodes):
        self.likelihood, self.weights = vae.likelihood, codes.weights
        self.params = decoded(vae, codes.z)
        self.means = means(vae, codes.z)

    def mean(self) -> np.ndarray:
        """E[x], `(rows, *data_shape)` float64; NaN for categories."""
        return np.asarray(np.sum(as_wide(self.weights, self.means) * self.means, axis=0, dtype=np.float64))

    def draws(self, rng: np.random.Generator) -> np.ndarray:
        """A draw x ~ p(x|z) per code, `(S, rows, *data_shape)`; it has the weight of its code."""
        at_once = max(1, CODES_AT_ONCE // self.params.shape[1])
        parts = range(0, len(self.params), at_once)
        return np.concatenate([draw_values(self.likelihood, self.params[k : k + at_once], rng) for k in parts])

    def draws_by_row(self, noise: RowNoise) -> np.ndarray:
        """`draws` in which those of a row depend on no other row."""
        rows = enumerate(noise.generators)
        drawn = [draw_values(self.likelihood, self.params[:, i : i + 1], rng) for i, rng in rows]
        return np.concatenate(drawn, axis=1)

    def probabilities(
        self, place: int, n_categories: int, rows: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield averaged probabilities of a column's categories, `(n, K)` float64, for some rows at a time."""
        at_once = max(1, PROBABILITIES_AT_ONCE // n_categories)
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            found = np.zeros((len(part), n_categories))
            codes = max(1, at_once // len(part))
            for first in range(0, len(self.weights), codes):
                own = slice(first, first + codes)
                p = self.likelihood.probabilities(self.params[own][:, part], place)
                found += np.einsum("sn,snk->nk", self.weights[own][:, part], p)
            yield part, found


def as_wide(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Weights with axes of length 1 added, to be multiplied with `x`."""
    return weights.reshape(weights.shape + (1,) * (x.ndim - weights.ndim))


def weighted_median(draws: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted median over the first axis of draws `(S, rows, ...)`: `(rows, ...)`, always one of the draws."""
    order = np.argsort(draws, axis=0, kind="stable")
    w = np.take_along_axis(np.broadcast_to(as_wide(weights, draws), draws.shape), order, axis=0)
    half = np.argmax(np.cumsum(w, axis=0) >= 0.5 - 1e-9, axis=0)
    return np.take_along_axis(np.take_along_axis(draws, order, axis=0), half[None], axis=0)[0]
