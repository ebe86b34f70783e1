"""Draws of one column that meet a condition, from its distribution given every row's code."""

from collections.abc import Callable

import numpy as np

from kvae.uses.conditions.condition import Within

LARGEST = float(np.finfo(np.float32).max)


def among(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an index per row of masses `(n, K)`, `(n,)`, in proportion to them; uniform where all are 0."""
    p = np.where(p.sum(axis=1, keepdims=True) > 0, p, 1.0).cumsum(axis=1)
    return (p[:, :-1] <= rng.random((len(p), 1)) * p[:, -1:]).sum(axis=1)


def within(
    below: Callable[[np.ndarray], np.ndarray], condition: Within, n: int, whole: bool, rng: np.random.Generator
) -> np.ndarray:
    """Draw a number within the ranges of a condition for each of `n` rows, `(n,)` float32, by inversion.

    Exact up to float32: bisection finds the smallest such number at which the distribution function reaches a
    uniform draw. Uses `rng`.

    Args:
        below: The distribution function of every row, each at a number of its own, `(n,)` to `(n,)`; infinity is
            allowed.
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
    # Clipped, since rounding, or a distribution function that is flat near its end, may lead out of the range.
    return np.clip(np.ceil(found) if whole else found, kept[:, 0], kept[:, 1]).astype(np.float32)


def smallest(
    below: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """The smallest float32 in `(low, high]` at which each distribution function is `wanted` or more, `(n,)`.

    Floats of one sign are ordered as the integers of the same bits, so 33 halvings suffice.
    """
    first, last = in_order(low), in_order(high)
    for _ in range(33):
        middle = (first + last) >> 1
        over = below(of_order(middle)) >= wanted
        first, last = np.where(over, first, middle), np.where(over, middle, last)
    return of_order(last)


def in_order(values: np.ndarray) -> np.ndarray:
    """The rank of float32 numbers among all of them, int64."""
    bits = np.asarray(values, np.float32).view(np.int32).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)


def of_order(places: np.ndarray) -> np.ndarray:
    """The float32 numbers of these ranks: the inverse of `in_order`."""
    bits = np.where(places < 0, -places | 0x80000000, places)
    return bits.astype(np.uint32).view(np.float32)
