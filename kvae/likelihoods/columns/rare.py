"""Categories that few rows have: a part of every row's probability is spread evenly over all categories.

A category of a single learning row says nothing about new rows. A decoder that learns for which code it came would
give nearly no probability to the categories that new rows have. The expected share of new rows with a category
that no learning row has is that of the learning rows whose category no other row has (Good 1953, The population
frequencies of species, equation 9, for r = 0); `alone` of `kvae.table.coding`.
"""

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant

# The logarithm of a probability that is 0 in sums of float32.
NOTHING = -80.0


class Spread:
    """The parts that are spread evenly, of columns with the shares `alone` and numbers of categories `n`.

    Args:
        alone: Of every column, `(n_columns,)`, from 0 to less than 1.
        n: Of every column, `(n_columns,)`.

    Attributes:
        any: Whether a column has such a part.
    """

    def __init__(self, alone: np.ndarray, n: np.ndarray):
        self.alone, self.n = np.clip(np.nan_to_num(alone), 0.0, 0.999), n
        self.any = bool((self.alone > 0).any())
        self.log_rest = np.log1p(-self.alone)
        self.log_each = np.where(self.alone > 0, np.log(np.maximum(self.alone, 1e-30) / n), NOTHING)

    def log_p(self, log_p: Tensor) -> Tensor:
        """log((1 - alone) p + alone / n), from log p `(..., n_columns)`."""
        if not self.any:
            return log_p
        return ops.logaddexp(log_p + constant(self.log_rest, log_p), constant(self.log_each, log_p))

    def log_p_of_all(self, log_p: Tensor) -> Tensor:
        """The same of all categories, `(..., n_columns, K)`; those from number `n` on do not exist."""
        if not self.any:
            return log_p
        there = np.arange(log_p.shape[-1]) < self.n[:, None]
        each = np.where(there, self.log_each[:, None], NOTHING)
        return ops.logaddexp(log_p + constant(self.log_rest[:, None], log_p), constant(each, log_p))

    def cdf(self, p: np.ndarray, number: np.ndarray) -> np.ndarray:
        """P(X <= number) from that without the part, both `(..., n_columns)`."""
        if not self.any:
            return p
        even = np.clip((number + 1) / self.n, 0.0, 1.0)
        return (1.0 - self.alone) * p + self.alone * even

    def sample(self, rng: np.random.Generator, numbers: np.ndarray) -> np.ndarray:
        """Draws `(..., n_columns)`, some of which are replaced by draws of any category."""
        if not self.any:
            return numbers
        anew = rng.random(numbers.shape) < self.alone
        return np.where(anew, rng.integers(0, self.n, numbers.shape), numbers)
