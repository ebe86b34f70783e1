"""How groups of a table's rows differ from the whole table."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kvae.data.pieces import pieces
from kvae.data.stored import Rows
from kvae.table import Column

# Rows, evenly spread, on which bins are chosen.
SAMPLE = 100_000
# Bins of a column in which groups are compared, beside one for missing values: of numbers, and of categories, of
# which the rare ones share a bin.
BINS = 10
CATEGORIES = 30
# Categories of a column that are counted one by one.
COUNTED = 1000
# Random groupings, whose mean difference from the table is subtracted.
SHUFFLES = 8


@dataclass(frozen=True)
class Groups:
    """K groups of a table's rows, followed by the whole table.

    Attributes:
        sizes: Rows of each, `(K + 1,)`.
        typical: Means of numbers and the most frequent categories, `(K + 1, n_columns)`; NaN without values.
        spread: Standard deviations of numbers, and the shares of those categories, `(K + 1, n_columns)`.
        apart: How much a group differs from the table in a column, in nats, `(K, n_columns)`; NaN if it is empty.
    """

    sizes: np.ndarray
    typical: np.ndarray
    spread: np.ndarray
    apart: np.ndarray

    @property
    def together(self) -> np.ndarray:
        """How much the groups differ in a column, `(n_columns,)`: the mean of `apart` over the rows.

        It estimates the mutual information of column and group.
        """
        weights = self.sizes[:-1, None] / max(1, self.sizes[-1])
        return np.nansum(weights * self.apart, axis=0)


def groups_of(x: Rows, classes: np.ndarray, n_groups: int, columns: Sequence[Column], seed: int = 0) -> Groups:
    """Statistics of groups of rows, and how much each group differs from the table in each column.

    The difference is KL(values in the group || values in the table): numbers in bins of about a tenth of the table
    each, categories one by one and the rare ones together, gaps as a value of their own. The mean of random groups
    of about the same sizes is subtracted; the result is at least 0. Reads the rows in bounded pieces, and draws
    the random groups from `seed`.

    Args:
        x: Rows `(n, n_columns)`, NaN where a value is missing.
        classes: The group of every row, `(n,)`, from 0.
        n_groups: The number of groups, K; some may be empty.
        columns: The columns of the rows.
        seed: Source of the random groups.
    """
    rng = np.random.default_rng(seed)
    sample = x[np.unique(np.linspace(0, len(x) - 1, min(len(x), SAMPLE)).astype(int))]
    counts = [Counts(column, sample[:, place], n_groups) for place, column in enumerate(columns)]
    for start, piece in pieces(x):
        drawn = classes[rng.integers(0, len(classes), (SHUFFLES, len(piece)))]  # random groups of the same shares
        labels = np.concatenate([classes[None, start : start + len(piece)], drawn])
        for place, count in enumerate(counts):
            count.add(piece[:, place], labels)
    sizes = np.bincount(classes, minlength=n_groups)
    found = [count.found() for count in counts]
    typical, spread, apart = (np.stack(parts, axis=1) for parts in zip(*found, strict=True))
    return Groups(np.append(sizes, len(classes)), typical, spread, apart)


class Counts:
    """Values of one column by group: sums of numbers, and how many are in each bin or category.

    Args:
        column: The column.
        sample: Some of its values, on which bins are chosen.
        n_groups: How many groups there are.
    """

    def __init__(self, column: Column, sample: np.ndarray, n_groups: int) -> None:
        self.n_groups, self.is_number = n_groups, column.is_number
        there = sample[np.isfinite(sample)]
        if self.is_number:
            self.edges = np.unique(np.quantile(there, np.arange(1, BINS) / BINS)) if len(there) else np.zeros(0)
            self.n_bins = len(self.edges) + 1
        else:
            met = np.bincount(there.astype(int), minlength=column.n_categories or 1)
            self.kept = np.sort(np.argsort(-met, kind="stable")[:COUNTED])
            self.bin_of = np.full(len(met), len(self.kept))
            self.bin_of[self.kept] = np.arange(len(self.kept))
            self.n_bins = len(self.kept) + 1  # the last one: all others
        # Of the groups, then of random groups of the same sizes; the last bin is that of missing values.
        self.counts = np.zeros((1 + SHUFFLES, n_groups, self.n_bins + 1), np.int64)
        self.moments = np.zeros((3, n_groups))

    def add(self, values: np.ndarray, labels: np.ndarray) -> None:
        """Take more values `(n,)` into account; `labels` are their groups and random ones, `(1 + SHUFFLES, n)`."""
        there = np.isfinite(values)
        bins = np.full(len(values), self.n_bins)
        known = values[there].astype(np.float64)
        if self.is_number:
            bins[there] = np.searchsorted(self.edges, known, side="right")
            for power in range(3):
                self.moments[power] += np.bincount(labels[0, there], known**power, self.n_groups)
        else:
            bins[there] = self.bin_of[known.astype(int)]
        width = self.n_bins + 1
        for counts, label in zip(self.counts, labels, strict=True):
            counts += np.bincount(label * width + bins, minlength=self.n_groups * width).reshape(-1, width)

    def found(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`typical`, `spread` and `apart` of this column, as in `Groups`."""
        typical, spread = self.of_numbers() if self.is_number else self.of_categories()
        divergences = [divergence(self.compared(counts)) for counts in self.counts]
        by_chance = np.mean(divergences[1:], axis=0)
        return typical, spread, np.maximum(divergences[0] - by_chance, 0.0)

    def of_numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the numbers of every group and of all, both `(K + 1,)`."""
        n, total, squares = np.concatenate([self.moments, self.moments.sum(axis=1, keepdims=True)], axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / n
            return mean, np.sqrt(np.maximum(squares / n - mean**2, 0.0))

    def of_categories(self) -> tuple[np.ndarray, np.ndarray]:
        """The most frequent category of every group and of all, and its share of the values."""
        counts = self.counts[0, :, : len(self.kept)]
        counts = np.concatenate([counts, counts.sum(axis=0, keepdims=True)])
        n = self.counts[0, :, : self.n_bins].sum(axis=1)
        n = np.append(n, n.sum())
        most = counts.max(axis=1)
        with np.errstate(invalid="ignore"):
            return np.where(most > 0, self.kept[counts.argmax(axis=1)], np.nan), most / np.where(n > 0, n, np.nan)

    def compared(self, counts: np.ndarray) -> np.ndarray:
        """Counts `(K, bins)` with the rare categories merged into one bin."""
        values, missing = counts[:, : self.n_bins], counts[:, self.n_bins :]
        if self.is_number or self.n_bins <= CATEGORIES:
            return counts
        order = np.argsort(-self.counts[0].sum(axis=0)[: self.n_bins - 1], kind="stable")
        often, rare = (
            values[:, order[: CATEGORIES - 1]],
            values[:, order[CATEGORIES - 1 :]].sum(axis=1, keepdims=True),
        )
        return np.concatenate([often, rare + values[:, -1:], missing], axis=1)


def divergence(counts: np.ndarray) -> np.ndarray:
    """KL of every row's shares from those of all rows together, in nats, `(K,)`; NaN for a row without counts.

    `counts` are `(K, bins)`.
    """
    total = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = counts / counts.sum(axis=1, keepdims=True)
        ratio = np.where(counts > 0, np.log(p / (total / total.sum())), 0.0)
        return np.sum(p * ratio, axis=1)
