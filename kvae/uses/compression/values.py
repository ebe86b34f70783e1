"""Coders of the values of observations, by the masses that the likelihood gives them."""

import math
from typing import Any, Protocol

import numpy as np

from kvae.exact.array import Exact, as_exact
from kvae.uses.compression.counts import ByRatios
from kvae.uses.compression.halves import ByHalves
from kvae.uses.compression.in_stages import InStages
from kvae.uses.compression.masses import blocks, pop_weighted, push_weighted, whole_weights
from kvae.uses.compression.stack import Stack
from kvae.uses.compression.yes_or_no import YesOrNo

MOST_VALUES = 2**16


class ValueCoder(Protocol):
    """Pushes the values of a likelihood on the stack and pops them."""

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        """Push levels `(n, *data_shape)`, int32, under the decoder's output; return bits of each row, `(n,)`."""

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        """Pop what `encode` pushed under the same output: levels, int32 `(n, *data_shape)`."""


def value_coder(likelihood: Any, data_shape: tuple[int, ...], n_values: int) -> ValueCoder:
    """The coder of a likelihood's first `n_values` values, for observations of a shape.

    A likelihood that has a method `value_coder(data_shape, n_values)` gives its own.
    """
    own = getattr(likelihood, "value_coder", None)
    if own is not None:
        return own(data_shape, n_values)
    if (stages := likelihood.coding_stages()) is not None:
        return InStages(stages, data_shape, n_values)
    if n_values == 2 and likelihood.n_params == 1:
        return YesOrNo(likelihood, data_shape)
    kind = ByHalves if likelihood.has("below") else ByRatios if likelihood.has("next_over") else ByMass
    return kind(likelihood, data_shape, n_values)


class ByMass:
    """Computes the mass of every level of every value, for any likelihood whose `log_pmf` works on `Exact`.

    Args:
        likelihood: A discrete likelihood.
        data_shape: Shape of an observation.
        n_values: How many levels there are.
    """

    def __init__(self, likelihood: Any, data_shape: tuple[int, ...], n_values: int):
        self.likelihood, self.data_shape, self.n_values = likelihood, data_shape, n_values
        self.of_row = math.prod(data_shape) * n_values

    def weights(self, params: Exact) -> np.ndarray:
        """Whole weights of the levels of every value, `(n * values, n_values)`."""
        n_values = self.n_values if self.likelihood.support.highest == np.inf else None
        scores = as_exact(self.likelihood.log_scores(params, n_values), f"log_pmf of {self.likelihood.called}")
        return whole_weights(scores).reshape(-1, self.n_values)

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        bits = np.empty(len(levels))
        for rows in reversed(list(blocks(len(levels), self.of_row))):
            symbols = levels[rows].astype(np.int32).ravel()
            its = push_weighted(stack, symbols, self.weights(Exact(params[rows])))
            bits[rows] = its.reshape(rows.stop - rows.start, -1).sum(axis=-1)
        return bits

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        levels = np.empty((len(params), *self.data_shape), np.int32)
        for rows in blocks(len(params), self.of_row):
            levels[rows] = pop_weighted(stack, self.weights(Exact(params[rows]))).reshape(-1, *self.data_shape)
        return levels
