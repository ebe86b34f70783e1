"""Gaussians on a grid, to code with the stack: posteriors without tails, and priors with tails to every point.

A point of the grid is a whole number of steps. A Gaussian is described by its standard deviation in steps, rounded
to a 16th of an octave, and its mean, rounded to a fraction of that. The mass of a point is proportional to the
density there. The moments of the masses are then those of the Gaussian, up to exp(-2 pi^2 sd^2) by Poisson's
formula, whereas integrals over the steps would increase the variance by a 12th of a square step. Wide Gaussians
are coded in cells of 2^k points, a 32nd of the standard deviation or less, and are uniform within a cell.
So a few hundred tables suffice for all Gaussians.

All is computed with whole numbers and `kvae.exact`: encoder and decoder have the same tables on every machine. Any
table gives a valid code as long as both use the same one; rounding and truncation cost bits only in second order.
"""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact.functions import exp, log
from kvae.exact.sums import fixed_sum
from kvae.uses.compression.bits import pop_bits, push_bits
from kvae.uses.compression.grouping import groups
from kvae.uses.compression.masses import concrete, whole_masses
from kvae.uses.compression.stack import TOTAL, Stack

PER_OCTAVE = 16  # of standard deviations
LOWEST_SD = -2 * PER_OCTAVE  # 2^-2: a quarter of a step
FINE_OCTAVES = 6  # tables have standard deviations below 2^6 cells; wider Gaussians have wider cells
PHASES = 8  # positions of the mean within a cell, for the narrowest Gaussians
REACH_POSTERIOR, REACH_PRIOR = 4, 6  # in standard deviations
TAIL_OCTAVES = 30
LOG_2 = 0.6931471805599453
# 2^(k/16), each by square roots alone, which are correctly rounded everywhere.
ROOTS = [1.0]
for _ in range(PER_OCTAVE - 1):
    ROOTS.append(ROOTS[-1] * float(np.sqrt(np.sqrt(np.sqrt(np.sqrt(2.0))))))


@dataclass(frozen=True)
class Gaussians:
    """Gaussians on a grid, of arrays of any one shape.

    Attributes:
        table: Number of the table of each; int16, since that sorts ten times as fast.
        centre: The cell on which the table is centred, int64.
        shift: A cell has 2^shift points, int64.
    """

    table: np.ndarray
    centre: np.ndarray
    shift: np.ndarray

    @property
    def size(self) -> int:
        """Number of Gaussians."""
        return self.table.size

    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three arrays."""
        return self.table, self.centre, self.shift

    def rows(self, rows: slice) -> "Gaussians":
        """Those of some rows."""
        return Gaussians(*(it[rows] for it in self.parts()))


def sd_index(log_var: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Standard deviations in 16ths of an octave above a step, int64.

    Args:
        log_var: Natural logarithms of variances, float64.
        precision: A step is 2^-precision; integers that broadcast.
    """
    # One product and one rounding are the same on every machine.
    octaves = np.asarray(log_var, np.float64) * (0.5 * PER_OCTAVE / LOG_2)
    return np.rint(octaves).astype(np.int64) + PER_OCTAVE * precision


def gaussians(mean: np.ndarray, index: np.ndarray) -> Gaussians:
    """Gaussians from means and standard deviations.

    Args:
        mean: In steps: float64 multiples of a power of two, below 2^40.
        index: The result of `sd_index`; clipped to the range of the tables.
    """
    index = np.clip(index, LOWEST_SD, PER_OCTAVE * TAIL_OCTAVES)
    shift = np.maximum(index // PER_OCTAVE - (FINE_OCTAVES - 1), 0)
    index = index - PER_OCTAVE * shift
    width = np.int64(1) << shift
    in_cells = (mean + 0.5) / width - 0.5  # cell c holds the points from c * width on; its middle is c
    places = phases_of(index)
    place = np.rint(in_cells * places).astype(np.int64)
    centre = (2 * place + places) // (2 * places)
    phase = (place - centre * places) * (PHASES // places) + PHASES // 2  # 0 to PHASES
    number = (index - LOWEST_SD) * (PHASES + 1) + phase
    return Gaussians(number.astype(np.int16), centre, shift)


def phases_of(index: np.ndarray) -> np.ndarray:
    """Number of positions of a mean within a cell: the wider the Gaussian, the fewer."""
    return PHASES >> np.clip(index // PER_OCTAVE, 0, 3)


@dataclass(frozen=True)
class Table:
    """A table of masses over cells around a centre.

    Attributes:
        reach: Its symbols are the cells from -reach to reach and then, with tails, octaves of the cells beyond.
        model: The model for the stack.
        bits: Bits of each symbol, float64, for reports.
        entropy: Entropy of the table in bits, a multiple of 2^-20.
        worst: Bits of its most expensive symbol.
    """

    reach: int
    model: Any
    bits: np.ndarray
    entropy: float
    worst: float


@functools.cache
def table(number: int, tails: bool) -> Table:
    """The table with that number: of a prior with `tails`, or of a posterior without."""
    index, phase = number // (PHASES + 1) + LOWEST_SD, number % (PHASES + 1)
    sd = math.ldexp(ROOTS[index % PER_OCTAVE], index // PER_OCTAVE)
    reach = int(np.floor(sd * (REACH_PRIOR if tails else REACH_POSTERIOR))) + 1
    distance = (np.arange(-reach, reach + 1) - (phase - PHASES // 2) / PHASES) / sd
    weights = np.rint(np.asarray(exp(-0.5 * (distance * distance))) * 2.0**26).astype(np.int64)
    if tails:
        weights = np.concatenate([weights, np.zeros(2 * TAIL_OCTAVES, np.int64)])
    masses = whole_masses(weights)
    share = masses / TOTAL
    bits = log(share) / -LOG_2
    entropy = float(np.rint(fixed_sum(share * bits) * 2.0**20)) / 2.0**20  # so that sums of them are exact
    return Table(reach, concrete(masses), bits, entropy, float(bits.max()))


def pop_gaussians(stack: Stack, of: Gaussians, tails: bool) -> tuple[np.ndarray, np.ndarray]:
    """Pop a point from each Gaussian; return int64 points and the bits of each, both in the shape of `of`."""
    numbers = of.table.ravel()
    offset, bits = np.empty(of.size, np.int64), np.empty(of.size)
    for number, places in groups(numbers):
        it = table(number, tails)
        symbols = stack.pop(it.model, len(places))
        offset[places] = symbols - it.reach
        bits[places] = it.bits[symbols]
    if tails:
        reach = reaches(numbers, tails)
        octave, n_bits, sign = tail_of(offset, reach)
        beyond = pop_bits(stack, n_bits) + (np.int64(1) << n_bits) - 1
        offset = np.where(octave >= 0, sign * (reach + 1 + beyond), offset)
        bits += n_bits
    shift = of.shift.ravel()
    within = pop_bits(stack, shift)
    points = ((of.centre.ravel() + offset) << shift) + within
    return points.reshape(of.table.shape), (bits + shift).reshape(of.table.shape)


def push_gaussians(stack: Stack, of: Gaussians, points: np.ndarray, tails: bool) -> np.ndarray:
    """Push a point under each Gaussian, the inverse of `pop_gaussians`; return the bits of each.

    Raises:
        ValueError: Without `tails`, for a point beyond the reach of its table, which was never popped from it.
    """
    numbers, shift = of.table.ravel(), of.shift.ravel()
    points = points.ravel()
    cell = points >> shift
    offset = cell - of.centre.ravel()
    reach = reaches(numbers, tails)
    symbol = offset + reach
    if not tails and (np.abs(offset) > reach).any():
        raise ValueError("a code lies beyond its posterior")
    push_bits(stack, points - (cell << shift), shift)
    bits = shift.astype(np.float64)
    if tails:
        beyond = np.maximum(np.abs(offset) - reach - 1, 0) + 1
        outside = np.abs(offset) > reach
        n_bits = np.where(outside, np.frexp(beyond.astype(np.float64))[1].astype(np.int64) - 1, 0)
        push_bits(stack, np.where(outside, beyond - (np.int64(1) << n_bits), 0), n_bits)
        bits += n_bits
        symbol = np.where(outside, 2 * reach + 1 + 2 * n_bits + (offset > 0), symbol)
    symbols = symbol.astype(np.int32)
    for number, places in reversed(list(groups(numbers))):
        it = table(number, tails)
        stack.push(symbols[places], it.model)
        bits[places] += it.bits[symbols[places]]
    return bits.reshape(of.table.shape)


def reaches(numbers: np.ndarray, tails: bool) -> np.ndarray:
    """The reach of the table of every entry."""
    unique, inverse = np.unique(numbers, return_inverse=True)
    return np.array([table(int(number), tails).reach for number in unique], np.int64)[inverse]


def tail_of(offset: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Octave of symbols in the tails, -1 for others; its number of plain bits; and its side, -1 or 1."""
    number = offset - reach - 1
    octave = np.where(number >= 0, number // 2, -1)
    return octave, np.maximum(octave, 0), np.where(number % 2 == 1, 1, -1)


def entropies(of: Gaussians) -> np.ndarray:
    """Mean number of bits that popping from each Gaussian takes, without tails, in the shape of `of`."""
    unique, inverse = np.unique(of.table.ravel(), return_inverse=True)
    bits = np.array([table(int(number), False).entropy for number in unique])[inverse]
    return bits.reshape(of.table.shape) + of.shift
