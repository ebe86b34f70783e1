"""Coder of counts: masses are computed from ratios of neighbours, as many as their distribution is wide."""

from typing import Any

import numpy as np

from kvae.exact.array import Exact, as_exact
from kvae.uses.compression.bits import pop_bits, push_bits
from kvae.uses.compression.masses import SCALE, blocks, pop_weighted, push_weighted
from kvae.uses.compression.stack import Stack

# Counts up to the mean plus SPREADS standard deviations plus SOME, or up to FEWEST, have a mass of their own.
SPREADS, SOME = 12.0, 8.0
FEWEST = 16
# Ratios of masses are clipped to this range, and the last ratio, of the tail, to LARGEST_TAIL.
RATIOS = (1e-100, 1e100)
LARGEST_TAIL = 0.999
# Where there is a largest count, all counts have a mass of their own, unless masses fall by at least this ratio.
STEEP = 0.9
# Numbers that are computed together: intermediate arrays fit a processor's cache.
IN_CACHE = 2**16


class ByRatios:
    """Computes masses by the ratio of each to the one before, from the most likely count up and down.

    A count below a power of two that nearly all draws are below has a mass of its own. All larger counts share one
    more symbol, with the mass of a geometric tail, which is followed by plain bits.

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
        """The number of counts with a mass of their own, int64 `(n * values,)`, and the parameters, flat."""
        parameters = [it.ravel() for it in self.likelihood.for_coding(params)]
        mean, sd = (np.asarray(it) for it in self.likelihood.about(*parameters))
        reach = np.minimum(mean + SPREADS * sd + SOME, self.n_values)
        octave = np.frexp(np.maximum(np.ceil(reach), FEWEST) - 1.0)[1]
        widths = np.minimum(np.int64(1) << octave.astype(np.int64), self.n_values)
        if self.likelihood.support.highest < np.inf:
            falling = self.next_over(widths - 1, parameters) <= STEEP
            widths = np.where(falling, widths, self.n_values)  # else the largest counts may have much mass
        return widths, parameters

    def next_over(self, x: Any, parameters: list[Exact]) -> np.ndarray:
        """Ratios of masses, clipped to `RATIOS`."""
        ratios = self.likelihood.next_over(Exact(x), *parameters)
        return np.clip(np.asarray(as_exact(ratios, f"next_over of {self.likelihood.called}")), *RATIOS)

    def weights(self, width: int, parameters: list[Exact], places: np.ndarray) -> np.ndarray:
        """Whole weights of the first `width` counts and, if there are more, of all others, `(n, width (+ 1))`."""
        with np.errstate(all="ignore"):  # underflow to 0 is intended
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
        """Number of plain bits of every value: 0, or where `beyond`, as many as the larger counts need."""
        left = np.where(beyond, np.maximum(self.n_values - widths, 1), 1)
        return np.frexp(left - 1.0)[1].astype(np.int64)


def alike(widths: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Groups of values with the same number of masses: that number, and indices of some values at a time."""
    found = []
    for width in np.unique(widths).tolist():
        places = np.flatnonzero(widths == width)
        found += [(width, places[some]) for some in blocks(len(places), width, IN_CACHE)]
    return found
