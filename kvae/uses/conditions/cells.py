"""Draws of one column that keep a condition, of its distribution at every row's code."""

from collections.abc import Callable

import numpy as np

from kvae.uses.conditions.condition import Within

LARGEST = float(np.finfo(np.float32).max)


def among(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A place in every row of masses `(n, K)`, `(n,)`, by the masses; any where all are 0. Draws from `rng`."""
    p = np.where(p.sum(axis=1, keepdims=True) > 0, p, 1.0).cumsum(axis=1)
    return (p[:, :-1] <= rng.random((len(p), 1)) * p[:, -1:]).sum(axis=1)


def within(
    below: Callable[[np.ndarray], np.ndarray], condition: Within, n: int, whole: bool, rng: np.random.Generator
) -> np.ndarray:
    """A number in the ranges of a condition for each of `n` rows, `(n,)` float32: their distribution inverted.

    Exact to what float32 holds: the smallest such number at which the distribution function reaches a uniform
    draw, found by bisection. Draws from `rng`.

    Args:
        below: The distribution function of every row at a number of its own, perhaps infinite, `(n,)` to `(n,)`.
        condition: The ranges.
        n: How many rows.
        whole: Whether the numbers are counts.
        rng: Source of the draws.
    """
    ends = [(below(np.full(n, low)), below(np.full(n, high))) for low, high in condition.edges]
    masses = np.maximum(np.array([high - low for low, high in ends]), 0.0).T
    chosen = among(masses, rng)
    start = np.array([low for low, _ in ends]).T[np.arange(n), chosen]
    wanted = start + rng.random(n) * masses[np.arange(n), chosen]
    edges, kept = np.array(condition.edges)[chosen], np.array(condition.ends)[chosen]
    found = smallest(below, wanted, *np.clip(edges, -LARGEST, LARGEST).T)
    # What rounding says, and what lies beyond all that the distribution can tell apart from its end.
    return np.clip(np.ceil(found) if whole else found, kept[:, 0], kept[:, 1]).astype(np.float32)


def smallest(
    below: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """The smallest float32 in `(low, high]` at which each distribution function is `wanted` or more, `(n,)`.

    Floats of one sign are ordered as the integers of the same bits: 33 halvings find one among all there are.
    """
    first, last = in_order(low), in_order(high)
    for _ in range(33):
        middle = (first + last) >> 1
        over = below(of_order(middle)) >= wanted
        first, last = np.where(over, first, middle), np.where(over, middle, last)
    return of_order(last)


def in_order(values: np.ndarray) -> np.ndarray:
    """The place of float32 numbers among all of them, int64."""
    bits = np.asarray(values, np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def of_order(places: np.ndarray) -> np.ndarray:
    """The float32 numbers at places, the inverse of `in_order`."""
    bits = np.where(places < 0, -places | 0x80000000, places)
    return bits.astype(np.uint32).view(np.float32)
