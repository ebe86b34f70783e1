"""Coder of values of many levels by binary search: each step codes whether the value is below a level."""

from typing import Any

import numpy as np

from kvae.exact.array import Exact, as_exact
from kvae.uses.compression.masses import blocks
from kvae.uses.compression.stack import PRECISION, TOTAL, Stack, constriction

# Cumulative probabilities are whole multiples of 2^-32; every level has at least 2^8 of these units.
UNITS, LEAST = 2.0**32, 2.0**8
# Factor by which the stride of the search grows until it has passed the value.
FARTHER = 4


class ByHalves:
    """Codes whether a value is at or above a level, again and again, by its probability given the earlier answers.

    The first level is the most likely one or the next. The search then gallops away from there, and bisects the
    interval once both ends are known. So a value takes few evaluations of the distribution function, two or three
    near the mode, whereas masses of all levels would take hundreds.

    Args:
        likelihood: A discrete likelihood with `below` and `about`.
        data_shape: Shape of an observation.
        n_values: How many levels there are.
    """

    def __init__(self, likelihood: Any, data_shape: tuple[int, ...], n_values: int):
        self.likelihood, self.data_shape, self.n_values = likelihood, data_shape, n_values
        values = np.asarray(likelihood.values(n_values), np.float64)
        self.first, self.step = values[0], values[1] - values[0]
        self.values = values

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        bits = np.empty(len(levels))
        for rows in reversed(self.parts(params)):
            search = Search(self, Exact(params[rows]))
            symbols = levels[rows].ravel()
            pushed = []
            while search.open:
                share = search.ask()
                answers = (symbols[search.places] >= search.level).astype(np.int32)
                pushed.append((answers, share))
                search.narrow(answers)
            for answers, share in reversed(pushed):
                stack.push(answers, self.model, share)
            bits[rows] = search.bits().reshape(rows.stop - rows.start, -1).sum(axis=-1)
        return bits

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        levels = np.empty((len(params), *self.data_shape), np.int32)
        for rows in self.parts(params):
            search = Search(self, Exact(params[rows]))
            while search.open:
                search.narrow(stack.pop(self.model, search.ask()))
            levels[rows] = search.lowest.reshape(-1, *self.data_shape)
        return levels

    def parts(self, params: Exact) -> list[slice]:
        """Slices of rows that are coded together."""
        return list(blocks(len(params), params[:1].size))

    @property
    def model(self) -> Any:
        """The family of models for answers."""
        return constriction().stream.model.Bernoulli(perfect=False)


class Search:
    """State of the binary search of many values: encoder and decoder take the same steps.

    Args:
        coder: The coder, which has the likelihood.
        params: The decoder's output for some rows.
    """

    def __init__(self, coder: ByHalves, params: Exact):
        self.coder, likelihood, n_values = coder, coder.likelihood, coder.n_values
        parameters = likelihood.for_coding(params)
        n = params.shape[0] * int(np.prod(coder.data_shape))
        self.parameters = [it.reshape(n, *it.shape[params.ndim :]) for it in parameters]
        value, spread = (np.asarray(it) for it in likelihood.about(*self.parameters))
        guess = np.clip(np.rint((value - coder.first) / coder.step), 0, n_values - 1).astype(np.int64)
        self.stride = np.clip(np.rint(spread / coder.step), 1, n_values).astype(np.int64)
        self.level = np.clip(guess + (guess < n_values / 2), 1, n_values - 1)
        self.lowest, self.highest = np.zeros(n, np.int64), np.full(n, n_values)  # excluded
        self.below_lowest, self.below_highest = np.zeros(n), np.full(n, UNITS + LEAST * n_values)
        self.places = np.arange(n)

    @property
    def open(self) -> bool:
        """Whether a value is not yet determined."""
        return len(self.places) > 0

    def ask(self) -> np.ndarray:
        """The probability that each open value is `level` or above, as a multiple of 2^-24."""
        x = self.coder.values[self.level] - 0.5 * self.coder.step
        likelihood = self.coder.likelihood
        share = np.asarray(as_exact(likelihood.below(Exact(x), *self.parameters), f"below of {likelihood.called}"))
        self.below = np.rint(np.clip(share, 0.0, 1.0) * UNITS) + LEAST * self.level
        low, high = self.below_lowest[self.places], self.below_highest[self.places]
        return np.floor((high - self.below) / (high - low) * TOTAL) / TOTAL

    def narrow(self, answers: np.ndarray) -> None:
        """Narrow the intervals by the answers, 1 for `level` or above, and choose the next levels."""
        yes, places = answers == 1, self.places
        up, down = places[yes], places[~yes]
        self.lowest[up], self.below_lowest[up] = self.level[yes], self.below[yes]
        self.highest[down], self.below_highest[down] = self.level[~yes], self.below[~yes]
        still = self.highest[places] - self.lowest[places] > 1
        self.places = places = places[still]
        self.parameters = [it[still] for it in self.parameters]
        self.stride = self.stride[still]
        low, high = self.lowest[places], self.highest[places]
        ahead = np.where(high == self.coder.n_values, low + self.stride, high)
        ahead = np.where(low == 0, np.maximum(high - self.stride, 0), ahead)
        self.level = np.where((ahead > low) & (ahead < high), ahead, (low + high) // 2)
        self.stride = self.stride * FARTHER

    def bits(self) -> np.ndarray:
        """Bits of every value, once all are determined."""
        mass = (self.below_highest - self.below_lowest) / (UNITS + LEAST * self.coder.n_values)
        return -np.log2(np.maximum(mass, 0.5**PRECISION))
