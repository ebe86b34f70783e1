"""Probabilities for the stack: whole numbers above 0 that are the same on every machine."""

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from kvae.exact.functions import exp
from kvae.uses.compression.stack import TOTAL, Stack, constriction

# Log-probabilities are rounded to 1 / PER_NAT nats, which costs less than 1e-7 nats a value.
PER_NAT = 1024
SCALE = 2.0**22
# At this distance below the largest log-probability, a weight is 0.
LARGEST_DISTANCE = 16 * PER_NAT
# Numbers that are held at once, 8 MiB. `halves` codes block by block, so another value would give another code.
AT_ONCE = 2**20


@functools.cache
def weights_by_distance() -> np.ndarray:
    """Whole weights of log-probabilities that are 0, 1, ... 1024ths of a nat below the largest, float64."""
    weights = np.rint(np.asarray(exp(np.arange(LARGEST_DISTANCE + 1) / -PER_NAT)) * SCALE)
    weights[-1] = 0.0
    return weights


def whole_weights(log_pmf: np.ndarray) -> np.ndarray:
    """Whole weights, float64, in proportion to the probabilities along the last axis; the largest is 2^22.

    Where all probabilities are 0, all weights are equal.
    """
    log_pmf = np.asarray(log_pmf, np.float64)
    log_pmf = np.where(log_pmf > -1e300, log_pmf, -1e300)  # NaN as well
    distance = np.max(log_pmf, axis=-1, keepdims=True) - log_pmf
    return weights_by_distance()[np.rint(np.minimum(distance * PER_NAT, LARGEST_DISTANCE)).astype(np.int64)]


def family() -> Any:
    """The family of models with separate weights for every symbol."""
    return constriction().stream.model.Categorical(perfect=False)


def push_weighted(stack: Stack, symbols: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Push int32 symbols `(n,)`, each under a row of whole weights `(n, k)`, float64; return the bits of each."""
    stack.push(symbols, family(), weights)
    share = np.take_along_axis(weights, symbols[:, None], axis=1)[:, 0] / weights.sum(axis=-1)
    k = weights.shape[1]
    return -np.log2((share * (TOTAL - k) + 1.0) / TOTAL)  # each symbol has mass 1 and its share of the rest


def pop_weighted(stack: Stack, weights: np.ndarray) -> np.ndarray:
    """Pop what `push_weighted` pushed: int32 `(n,)`."""
    return stack.pop(family(), weights)


def whole_masses(weights: np.ndarray) -> np.ndarray:
    """Masses in proportion to whole weights along the last axis, each at least 1, with sum 2^24.

    Args:
        weights: int64 >= 0, with sums from 1 to 2^38.
    """
    n = weights.shape[-1]
    sums = np.cumsum(weights, axis=-1)
    ends = sums * (TOTAL - n) // sums[..., -1:]
    return np.diff(ends, axis=-1, prepend=0) + 1


def concrete(masses: np.ndarray) -> Any:
    """A model for the stack with exactly these masses.

    `constriction` gives every symbol a mass of 1 and a share of the rest in proportion to its weight. With the
    masses less 1 as weights, this gives the masses without rounding.
    """
    return constriction().stream.model.Categorical((masses - 1).astype(np.float64), perfect=False)


def blocks(n: int, numbers_each: int, at_once: int = AT_ONCE) -> Iterator[slice]:
    """Slices of `n` items of `numbers_each` numbers, with at most about `at_once` numbers in a slice."""
    step = max(1, at_once // max(1, numbers_each))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
