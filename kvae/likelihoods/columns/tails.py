"""What a column's values may be that no learning row had: a little probability, over the range and beyond."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant


class Tails:
    """A fixed density with the weight of one row among those that were met, 1 / (n + 2).

    Half of it lies evenly between the smallest and the largest value, the rest falls off exponentially beyond
    both, at the scale of the range. Of integers it is a probability.

    Args:
        pieces: With `background`, both ends, of every column.
        n: How many values were met.
        whole: Whether values are integers.

    Attributes:
        log_met: Logarithm of the weight of what was met, `(n_columns,)`.
    """

    def __init__(self, pieces: Sequence[Mapping[str, Any]], n: Sequence[int], whole: bool):
        self.low, self.high = np.array([piece["background"] for piece in pieces], np.float64).T
        self.whole = whole
        weight = 1.0 / (np.array(n, np.float64) + 2.0)
        self.log_met, self.log_weight = np.log1p(-weight), np.log(weight)
        # Of integers the range has one more than its length, and beyond they fall off by a ratio.
        self.length = self.high - self.low + (1.0 if whole else 0.0)
        rate = 1.0 / self.length
        self.rate = rate
        self.log_first = np.log(-np.expm1(-rate)) if whole else np.log(rate)

    def log_density(self, x: Tensor, like: Tensor) -> Tensor:
        """Of values `(..., n_columns)`, with the weight in it, in nats."""
        beyond = ops.maximum(constant(self.low, like) - x, 0.0) + ops.maximum(x - constant(self.high, like), 0.0)
        steps = ops.maximum(beyond - 1.0, 0.0) if self.whole else beyond
        outside = constant(np.log(0.25) + self.log_first, like) - constant(self.rate, like) * steps
        inside = constant(np.log(0.5) - np.log(self.length), like)
        return constant(self.log_weight, like) + ops.where(beyond > 0, outside, inside)
