"""Values that no learning row had: a small probability, over the range of a column and beyond."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant


class Tails:
    """A fixed density with the weight of about one row, 1 / (n + 2), beside n learning rows.

    Half of it is uniform between the smallest and the largest value; the rest falls off exponentially beyond both,
    at the scale of the range. For integers it is a probability.

    Args:
        pieces: The codings of the columns, whose `background` is the smallest and the largest value.
        n: The number of values of every column in the learning rows.
        whole: Whether values are integers.

    Attributes:
        log_met: Logarithm of the weight of all other values, those of learning rows, `(n_columns,)`.
    """

    def __init__(self, pieces: Sequence[Mapping[str, Any]], n: Sequence[int], whole: bool):
        self.low, self.high = np.array([piece["background"] for piece in pieces], np.float64).T
        self.whole = whole
        weight = 1.0 / (np.array(n, np.float64) + 2.0)
        self.log_met, self.log_weight = np.log1p(-weight), np.log(weight)
        # A range of integers holds one more than its length; beyond it probabilities fall by a constant ratio.
        self.length = self.high - self.low + (1.0 if whole else 0.0)
        rate = 1.0 / self.length
        self.rate = rate
        self.log_first = np.log(-np.expm1(-rate)) if whole else np.log(rate)

    def log_density(self, x: Tensor, like: Tensor) -> Tensor:
        """Log-density of values `(..., n_columns)`, including the weight, in nats."""
        beyond = ops.maximum(constant(self.low, like) - x, 0.0) + ops.maximum(x - constant(self.high, like), 0.0)
        steps = ops.maximum(beyond - 1.0, 0.0) if self.whole else beyond
        outside = constant(np.log(0.25) + self.log_first, like) - constant(self.rate, like) * steps
        inside = constant(np.log(0.5) - np.log(self.length), like)
        return constant(self.log_weight, like) + ops.where(beyond > 0, outside, inside)
