"""Log-probabilities of intervals under mixtures of logistic variables, with a hand-written gradient.

It is computed for every component of every cell, and takes most of the time of a table's training step beside the
networks. All arrays are flat, `(K, n)` or `(n,)` for K components and n cells, so that XLA makes vector loops of
them. Matrix products with 0 and 1 transpose the decoder's output: XLA would compute a plain transposition again,
one number at a time, in every loop that reads it.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant


class Bounds(NamedTuple):
    """The range that log-scales are clipped to, and how far beyond the ends of the line locations may lie."""

    lowest: float
    highest: float
    beyond: float


class Part(NamedTuple):
    """The logarithm of a probability as power + log(share), and its derivatives by location and log-scale."""

    power: Tensor
    share: Tensor
    by_location: Tensor
    by_log_scale: Tensor


def of_mixtures(
    begin: Tensor, length: Tensor, density: Tensor | None, end: Tensor, bounds: Bounds
) -> Callable[[Tensor], Tensor]:
    """A function from parameters `(n, 3 K)` to log-probabilities of intervals, `(n,)`, in nats.

    The parameters are weights, locations and log-scales, as the decoder gives them. Where one is clipped, its
    gradient is 0.

    Args:
        begin, length: The intervals, `(n,)`.
        density: Booleans `(n,)`: where to give the log-density at `begin` instead; None: nowhere.
        end: The end of the line, `(n,)`, which goes from `-end` to `end`; the components are cut off there.
        bounds: Of the parameters.
    """

    @ops.custom_gradient
    def log_p(params: Tensor) -> Any:
        weights, given_location, given_log_scale = turned(params)
        log_scale = ops.clip(given_log_scale, bounds.lowest, bounds.highest)
        furthest = end + bounds.beyond
        location = ops.minimum(ops.maximum(given_location, -furthest), furthest)
        inverse = ops.exp(-log_scale)
        own = interval((begin - location) * inverse, length * inverse, inverse, density)
        kept = interval((-end - location) * inverse, 2.0 * end * inverse, inverse)
        largest, each = exp_less_largest(weights + own.power - kept.power)
        each = each * (own.share / kept.share)
        total = ops.sum(each, axis=0)
        largest_weight, weight = exp_less_largest(weights)
        total_weight = ops.sum(weight, axis=0)

        def gradient(upstream: Tensor) -> Tensor:
            of_each = each * (upstream / total)
            by_location = of_each * (own.by_location - kept.by_location)
            by_log_scale = of_each * (own.by_log_scale - kept.by_log_scale)
            return turned_back(
                of_each - weight * (upstream / total_weight),
                ops.where(location == given_location, by_location, 0.0),
                ops.where(log_scale == given_log_scale, by_log_scale, 0.0),
            )

        return largest + ops.log(total) - largest_weight - ops.log(total_weight), gradient

    return log_p


def interval(a: Tensor, d: Tensor, inverse: Tensor, density: Tensor | None = None) -> Part:
    """log(S(b) - S(a)) with b = a + d, S the logistic function, without a difference of nearly equal numbers.

    S(x) is exp(min(x, 0)) / (1 + exp(-|x|)), and S(b) - S(a) is S(b) S(-a) (1 - exp(-d)), where 1 - exp(-d) is
    2 t / (1 + t) with t = tanh(d / 2). With s(x) = S(x) S(-x) the derivatives are those of

        (s(b) - s(a)) / (S(b) - S(a)) = 1 - S(a) - S(b),   (s(b) + s(a)) / (S(b) - S(a)) = 1 / t - (S(b) - S(a))

    A density is their limit for d to 0.

    Args:
        a, d: Begin and length of an interval, both in units of the scale, `(K, n)`.
        inverse: One over the scales, `(K, n)`.
        density: Booleans `(n,)`: where to give the density at `a` instead.
    """
    t = ops.tanh(0.5 * d)
    share, stretch, b = 2.0 * t / (1.0 + t), 0.5 * d / t, a + d
    if density is not None:
        b, d = ops.where(density, a, b), ops.where(density, 0.0, d)
        share, stretch = ops.where(density, inverse, share), ops.where(density, 1.0, stretch)
    (part_a, tanh_a), (part_b, tanh_b) = halves(a), halves(b)
    both = 0.5 * (tanh_a + tanh_b)  # S(a) + S(b) - 1
    return Part(
        power=ops.minimum(b, 0.0) - ops.maximum(a, 0.0),
        share=share * part_a * part_b,
        by_location=inverse * both,
        by_log_scale=0.5 * (a + b) * both - stretch + 0.25 * d * (tanh_b - tanh_a),
    )


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """1 / (1 + exp(-|x|)) and tanh(x / 2)."""
    small = ops.exp(-ops.abs(x))
    part = 1.0 / (1.0 + small)
    return part, ops.where(x < 0, small - 1.0, 1.0 - small) * part


def exp_less_largest(x: Tensor) -> tuple[Tensor, Tensor]:
    """The largest along the first axis, and exp(x - largest)."""
    largest = ops.max(x, axis=0)
    return largest, ops.exp(x - largest)


def turned(params: Tensor) -> list[Tensor]:
    """Parameters `(n, 3 K)` as three arrays `(K, n)`."""
    across = ops.transpose(params)
    if not on_gpu():
        across = ops.matmul(constant(np.eye(params.shape[-1]), params), across)
    return ops.split(across, 3, axis=0)


def turned_back(*pieces: Tensor) -> Tensor:
    """Three arrays `(K, n)` as one, `(n, 3 K)`."""
    if on_gpu():
        return ops.transpose(ops.concatenate(pieces, axis=0))
    k = pieces[0].shape[0]
    places = np.eye(3 * k).reshape(3, k, 3 * k)
    return sum(
        ops.matmul(ops.transpose(one), constant(place, one)) for one, place in zip(pieces, places, strict=True)
    )


@functools.cache
def on_gpu() -> bool:
    """Whether there is a GPU: its products may have fewer digits (TF32), and it transposes arrays fast."""
    return bool(keras.distribution.list_devices("gpu"))
