"""The calibration of a model's probabilities, from pieces of rows; NumPy alone."""

from dataclasses import dataclass, field

import numpy as np

FINE = 1000
BINS = 10
# Up to this many categories, each is counted by itself: the errors of two categories must not cancel.
APART = 10


@dataclass
class Ranks:
    """The ranks of a column's numbers in their predicted distributions: u = P(X <= x).

    For values with a probability of their own, such as counts, u is a draw between P(X < x) and P(X <= x) (the
    randomised probability integral transform; Czado, Gneiting and Held 2009, section 2.1). If the distributions
    are right, u is uniform.

    Attributes:
        counts: How many values have their u in each of 1000 equal bins.
    """

    counts: np.ndarray = field(default_factory=lambda: np.zeros(FINE, np.int64))

    def add(self, below: np.ndarray, upto: np.ndarray, rng: np.random.Generator) -> None:
        """Take P(X < x) and P(X <= x) of more values into account, both `(n,)`; NaN does not count.

        Draws from `rng` as many numbers as there are values.
        """
        u = below + rng.random(len(below)) * np.maximum(upto - below, 0.0)
        u = u[np.isfinite(u)]
        self.counts += np.bincount(np.clip((u * FINE).astype(int), 0, FINE - 1), minlength=FINE)

    @property
    def n(self) -> int:
        """The number of values so far."""
        return int(self.counts.sum())

    @property
    def error(self) -> float:
        """The largest distance of the distribution of u from the uniform one, from 0 to 1; NaN without values."""
        if not self.n:
            return np.nan
        return float(np.abs(np.cumsum(self.counts) / self.n - np.arange(1, FINE + 1) / FINE).max())

    def histogram(self, bins: int) -> np.ndarray:
        """Shares of the values in `bins` equal bins, which must divide 1000."""
        return self.counts.reshape(bins, -1).sum(axis=1) / max(1, self.n)


@dataclass
class Reliability:
    """How often categories were right, in ten bins of their predicted probability.

    All categories of a column count, each with its own probability in every row.

    Attributes:
        given: Sum of the probabilities in each bin, `(groups, 10)`: a group per category for up to ten categories,
            else one group for all of them.
        right: How many of those categories were that of the row.
        pairs: How many pairs of a row and a category are in each bin.
        n: Rows.
    """

    given: np.ndarray = field(default_factory=lambda: np.zeros((1, BINS)))
    right: np.ndarray = field(default_factory=lambda: np.zeros((1, BINS)))
    pairs: np.ndarray = field(default_factory=lambda: np.zeros((1, BINS)))
    n: int = 0

    def add(self, probabilities: np.ndarray, values: np.ndarray) -> None:
        """Take more rows into account: probabilities `(n, K)` and numbers of categories `(n,)`, NaN if missing."""
        there = np.isfinite(values)
        p, k = np.asarray(probabilities, np.float64)[there], values[there].astype(int)
        n_groups = p.shape[1] if p.shape[1] <= APART else 1
        groups = np.arange(p.shape[1]) if n_groups > 1 else np.zeros(p.shape[1], int)
        bins = groups * BINS + np.clip((p * BINS).astype(int), 0, BINS - 1)
        size, shape = n_groups * BINS, (n_groups, BINS)
        self.given = self.given + np.bincount(bins.ravel(), p.ravel(), size).reshape(shape)
        self.pairs = self.pairs + np.bincount(bins.ravel(), minlength=size).reshape(shape)
        self.right = self.right + np.bincount(bins[np.arange(len(k)), k], minlength=size).reshape(shape)
        self.n += len(k)

    @property
    def error(self) -> float:
        """Half of the sum of the bins' absolute errors, per row, from 0 to 1; NaN without rows."""
        return float(0.5 * np.abs(self.given - self.right).sum() / self.n) if self.n else np.nan
