"""Logistic variables: probabilities of intervals; of mixtures the components stand on the first axis."""

from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant, log_1_minus_exp


def log_between(begin: Tensor, length: Tensor, location: Tensor, log_scale: Tensor) -> Tensor:
    """log(S(b) - S(a)) = log S(b) + log S(-a) + log(1 - exp(a - b)), S the logistic function, b = a + length."""
    inverse = ops.exp(-log_scale)
    a = (begin - location) * inverse
    d = length * inverse
    return ops.log_sigmoid(a + d) + ops.log_sigmoid(-a) + log_1_minus_exp(d)


def between(
    begin: Tensor, length: Tensor, location: Tensor, inverse: Tensor, density: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """`log_between` as a sum of two: the first, and the second, of which no logarithm is taken yet.

    S(x) is exp(min(x, 0)) / (1 + exp(-|x|)), and 1 - exp(-d) is 2 t / (1 + t) with t = tanh(d / 2).

    Args:
        begin, length: Of intervals, `(..., n_columns)`.
        location, inverse: Of logistic variables, the inverse of their scale, `(COMPONENTS, ..., n_columns)`.
        density: Where the density at `begin` is asked for instead, `(..., n_columns)`.
    """
    a, d = (begin - location) * inverse, length * inverse
    b = a + d if density is None else ops.where(density, a, a + d)
    t = ops.tanh(0.5 * d)
    inner = 2.0 * t / (1.0 + t)
    if density is not None:
        inner = ops.where(density, inverse, inner)
    size_a, size_b = ops.abs(a), ops.abs(b)
    outer = (1.0 + ops.exp(-size_a)) * (1.0 + ops.exp(-size_b))
    return -0.5 * (size_a + a) - 0.5 * (size_b - b), inner / outer


@ops.custom_gradient
def apart(params: Tensor) -> Any:
    """Parameters `(..., 3 K)` as three, `(K, ...)` each.

    Their gradients come together by products with 0 and 1: of copies of what stands elsewhere XLA makes one loop
    on a CPU, in which it computes all that leads to them, a number at a time.
    """
    n = params.shape[-1] // 3

    def gradient(*pieces: Tensor) -> Tensor:
        places = np.eye(3 * n).reshape(3, n, 3 * n)
        flat = (ops.transpose(ops.reshape(one, (n, -1))) for one in pieces)
        found = sum(ops.matmul(one, constant(place, one)) for one, place in zip(flat, places, strict=True))
        return ops.reshape(found, ops.shape(params))

    return tuple(ops.split(in_front(params), 3, axis=0)), gradient


def in_front(parameter: Tensor) -> Tensor:
    """The last axis as the first: sums over a few components are then sums of whole arrays."""
    return ops.moveaxis(parameter, -1, 0)


def expit(x: np.ndarray) -> np.ndarray:
    """The logistic function of float64, without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))
