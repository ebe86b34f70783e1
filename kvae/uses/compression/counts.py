"""Counts, whose masses follow from each other: as many of them as their distribution is wide."""

from typing import Any

import numpy as np

from kvae.exact.array import Exact, as_exact
from kvae.uses.compression.bits import pop_bits, push_bits
from kvae.uses.compression.masses import SCALE, blocks, pop_weighted, push_weighted
from kvae.uses.compression.stack import Stack

# Up to the mean and this many standard deviations, and some, a count has a mass of its own.
SPREADS, SOME = 12.0, 8.0
FEWEST = 16
# Ratios are held to these: what lies beyond is next to nothing, or all there is.
RATIOS = (1e-100, 1e100)
LARGEST_TAIL = 0.999
# Of counts with a largest, those whose masses fall at least so have a tail.
STEEP = 0.9
# Numbers that are worked on together: what lies between stays in a processor's cache.
IN_CACHE = 2**16


class ByRatios:
    """Masses by the ratio of each to the one before, from the most likely count up and down.

    A count has a mass of its own up to a power of two beyond which there is next to nothing. What is larger is one
    symbol more, with the mass of a geometric tail, and then plain bits.

    Args:
        likelihood: A discrete likelihood with `next_over` and `about`, whose values are 0, 1, ...
        data_shape: Shape of an observation.
        n_values: How many levels there are.
    """

    def __init__(self, likelihood: Any, data_shape: tuple[int, ...], n_values: int):
        self.likelihood, self.data_shape, self.n_values = likelihood, data_shape, n_values

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        flat, widths, parameters = levels.ravel().astype(np.int64), *self.taken_apart(params)
        beyond = flat - widths
        n_bits = self.bits_beyond(widths, beyond >= 0)
        push_bits(stack, np.maximum(beyond, 0), n_bits)
        bits = n_bits.astype(np.float64)
        symbols = np.minimum(flat, widths).astype(np.int32)
        for width, places in reversed(alike(widths)):
            bits[places] += push_weighted(stack, symbols[places], self.weights(width, parameters, places))
        return bits.reshape(len(levels), -1).sum(axis=-1)

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        widths, parameters = self.taken_apart(params)
        levels = np.empty(len(widths), np.int64)
        for width, places in alike(widths):
            levels[places] = pop_weighted(stack, self.weights(width, parameters, places))
        levels += pop_bits(stack, self.bits_beyond(widths, levels == widths))
        if levels.max(initial=0) >= self.n_values:
            raise ValueError("a count is larger than the largest")
        return levels.astype(np.int32).reshape(-1, *self.data_shape)

    def taken_apart(self, params: Exact) -> tuple[np.ndarray, list[Exact]]:
        """How many counts have a mass of their own, int64 `(n * values,)`, and the parameters, flat."""
        parameters = [it.ravel() for it in self.likelihood.for_coding(params)]
        mean, sd = (np.asarray(it) for it in self.likelihood.about(*parameters))
        reach = np.minimum(mean + SPREADS * sd + SOME, self.n_values)
        octave = np.frexp(np.maximum(np.ceil(reach), FEWEST) - 1.0)[1]
        widths = np.minimum(np.int64(1) << octave.astype(np.int64), self.n_values)
        if self.likelihood.support.highest < np.inf:
            falling = self.next_over(widths - 1, parameters) <= STEEP
            widths = np.where(falling, widths, self.n_values)  # there may be much at the far end
        return widths, parameters

    def next_over(self, x: Any, parameters: list[Exact]) -> np.ndarray:
        """Ratios of masses, held to what is computed with."""
        ratios = self.likelihood.next_over(Exact(x), *parameters)
        return np.clip(np.asarray(as_exact(ratios, f"next_over of {self.likelihood.called}")), *RATIOS)

    def weights(self, width: int, parameters: list[Exact], places: np.ndarray) -> np.ndarray:
        """Whole weights of the first counts and, if there are more, of all others together, `(n, width (+ 1))`."""
        with np.errstate(all="ignore"):  # what is too small is 0
            return self._weights(width, [Exact(it[places]) for it in parameters])

    def _weights(self, width: int, some: list[Exact]) -> np.ndarray:
        mean, _ = (np.asarray(it) for it in self.likelihood.about(*some))
        x = np.arange(width - 1.0)
        ratios = self.next_over(x, [Exact(it[:, None]) for it in some])
        start = np.clip(np.rint(mean), 0, width - 1)[:, None]
        up = np.multiply.accumulate(np.where(x >= start, ratios, 1.0), axis=1)
        down = np.multiply.accumulate(np.where(x < start, 1.0 / ratios, 1.0)[:, ::-1], axis=1)[:, ::-1]
        masses = np.ones((len(start), width + (width < self.n_values)))
        masses[:, 1:width] *= up
        masses[:, : width - 1] *= down
        if width < self.n_values:
            last = np.minimum(ratios[:, -1], LARGEST_TAIL)
            masses[:, -1] = masses[:, width - 1] * (last / (1.0 - last))
        masses = np.minimum(masses, 1e300)
        return np.rint(masses / masses.max(axis=1, keepdims=True) * SCALE)

    def bits_beyond(self, widths: np.ndarray, beyond: np.ndarray) -> np.ndarray:
        """Plain bits of every value: of those without a mass of their own, as many as what is left needs."""
        left = np.where(beyond, np.maximum(self.n_values - widths, 1), 1)
        return np.frexp(left - 1.0)[1].astype(np.int64)


def alike(widths: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """The places of values that have as many masses, some at a time."""
    found = []
    for width in np.unique(widths).tolist():
        places = np.flatnonzero(widths == width)
        found += [(width, places[some]) for some in blocks(len(places), width, IN_CACHE)]
    return found
