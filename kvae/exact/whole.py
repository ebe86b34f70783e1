"""Weights as whole numbers, so that no sum of their products is rounded."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.units import EXACT, ONE

MOST_BITS = 40


@dataclass(frozen=True)
class Whole:
    """Weights as whole numbers of 2^-shift.

    Attributes:
        kernel: Weights `(n_inputs, n_outputs)`, whole numbers.
        offset: The bias `(n_outputs,)`, in the unit of the products.
        shift: How many bits finer than units the products are.
        bound: The largest absolute value of the result, in units.
    """

    kernel: np.ndarray
    offset: np.ndarray
    shift: int
    bound: int


def whole(kernel: np.ndarray, bias: np.ndarray | None, bound: int) -> Whole:
    """Weights as the finest whole numbers with which every sum of products is exact: below 2^53.

    Args:
        kernel: Finite weights `(n_inputs, n_outputs)`.
        bias: `(n_outputs,)`, or None for 0.
        bound: The largest absolute value of the inputs, in units.
    """
    bias = np.zeros(kernel.shape[1]) if bias is None else bias
    # An upper bound of the sums: on every machine the search begins with a shift that is too large.
    rough = float(np.abs(kernel).sum(0).max(initial=0.0)) * bound + float(np.abs(bias).max(initial=0.0)) * ONE
    shift = min(MOST_BITS, 55 - int(np.frexp(rough)[1])) if rough > 0.0 else MOST_BITS
    while True:
        scale = 2.0**shift
        weights, offset = np.rint(kernel * scale), np.rint(bias * (ONE * scale))
        sums = np.abs(weights).astype(np.int64).sum(0)
        largest = max((int(a) * bound + int(b) for a, b in zip(sums, np.abs(offset), strict=True)), default=0)
        if largest < EXACT:
            break
        shift -= 1
    most = largest >> shift if shift >= 0 else largest << -shift
    return Whole(weights + 0.0, offset + 0.0, shift, most + 1)
