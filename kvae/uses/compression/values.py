"""The values of observations on the stack, by the masses that the likelihood gives them."""

import math
from typing import Any, Protocol

import numpy as np

from kvae.exact.array import Exact
from kvae.uses.compression.halves import ByHalves
from kvae.uses.compression.in_stages import InStages
from kvae.uses.compression.masses import blocks, whole_weights
from kvae.uses.compression.stack import TOTAL, Stack, constriction
from kvae.uses.compression.tables import ByTable

MOST_VALUES = 2**16


class ValueCoder(Protocol):
    """How the values of a likelihood go on the stack and come off it."""

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        """Push levels `(n, *data_shape)`, int32, under the decoder's output; the bits of each row, `(n,)`."""

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        """Pop what `encode` pushed under the same output: levels, int32 `(n, *data_shape)`."""


def value_coder(likelihood: Any, data_shape: tuple[int, ...], n_values: int) -> ValueCoder:
    """The coder of a likelihood's first `n_values` values, for observations of a shape.

    A likelihood that has a method `value_coder(data_shape, n_values)` brings its own.
    """
    own = getattr(likelihood, "value_coder", None)
    if own is not None:
        return own(data_shape, n_values)
    if (stages := likelihood.coding_stages()) is not None:
        return InStages(stages, data_shape, n_values)
    kind = ByTable if likelihood.alike_if_rounded else ByHalves if likelihood.has_cdf else ByMass
    return kind(likelihood, data_shape, n_values)


class ByMass:
    """A mass for every level of every value: for any likelihood whose `log_pmf` works on `Exact`.

    Args:
        likelihood: A discrete likelihood.
        data_shape: Shape of an observation.
        n_values: How many levels there are.
    """

    def __init__(self, likelihood: Any, data_shape: tuple[int, ...], n_values: int):
        self.likelihood, self.data_shape, self.n_values = likelihood, data_shape, n_values
        self.family = constriction().stream.model.Categorical(perfect=False)

    def weights(self, params: Exact) -> np.ndarray:
        """Whole weights of the levels of every value, `(n * values, n_values)`."""
        n_values = self.n_values if self.likelihood.support.highest == np.inf else None
        return whole_weights(self.likelihood.log_pmf(params, n_values)).reshape(-1, self.n_values)

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        bits = np.empty(len(levels))
        for rows in reversed(list(blocks(len(levels), levels[0].size * self.n_values))):
            symbols = levels[rows].astype(np.int32).ravel()
            weights = self.weights(Exact(params[rows]))
            stack.push(symbols, self.family, weights)
            share = weights[np.arange(len(symbols)), symbols] / weights.sum(axis=-1)
            share = (share * (TOTAL - self.n_values) + 1.0) / TOTAL
            bits[rows] = -np.log2(share).reshape(rows.stop - rows.start, -1).sum(axis=-1)
        return bits

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        levels = np.empty((len(params), *self.data_shape), np.int32)
        for rows in blocks(len(params), math.prod(self.data_shape) * self.n_values):
            levels[rows] = stack.pop(self.family, self.weights(Exact(params[rows]))).reshape(-1, *self.data_shape)
        return levels
