"""The distribution of one column: bars of categories, or a histogram of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# The most categories with a bar; others are counted together.
MOST_BARS = 20
# Whole numbers have a bar each where their range is below this.
MOST_WHOLE = 60
FEWEST_BINS, MOST_BINS = 10, 50
# A repeated value is so many times as frequent as the mean, and has at least this share; the most such values.
OFTEN, LEAST_SHARE, MOST_REPEATED = 20.0, 0.02, 5
# Positive numbers that range over so many powers of ten are shown on a logarithmic scale.
DECADES = 2.0
# Where the whole range is so many times the range of nearly all values, the values outside that are only counted.
FAR = 5.0
NEARLY_ALL = (0.005, 0.995)


@dataclass(frozen=True)
class Bars:
    """Rows per category.

    Attributes:
        names, counts: Names of the categories that have a bar, and their rows; the most frequent first, or in the
            order of the categories.
        others, in_others: Number of other categories, and of rows with one of them.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    others: int = 0
    in_others: int = 0


@dataclass(frozen=True)
class Histogram:
    """Rows per interval of a number.

    Attributes:
        edges, counts: `(n_bins + 1,)` and `(n_bins,)`; the rows of `repeated` are not counted.
        repeated: Values that occur far more often than others, each with its number of rows.
        below, above: Numbers of rows beyond the edges.
        is_log: Whether the edges are evenly spaced in logarithms.
    """

    edges: np.ndarray
    counts: np.ndarray
    repeated: tuple[tuple[float, int], ...] = ()
    below: int = 0
    above: int = 0
    is_log: bool = False


def bars(codes: np.ndarray, names: Sequence[str], in_order: bool = False) -> Bars:
    """Bars of categories `(n,)`, given by their numbers, NaN for missing ones.

    With `in_order` up to 20 categories are in the order of their numbers; else the most frequent is first.
    """
    counts = np.bincount(codes[np.isfinite(codes)].astype(np.int64), minlength=len(names))
    few = in_order and len(names) <= MOST_BARS
    order = np.arange(len(names)) if few else np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    first, rest = order[:MOST_BARS], order[MOST_BARS:]
    return Bars(
        tuple(names[k] for k in first.tolist()), tuple(counts[first].tolist()), len(rest), int(counts[rest].sum())
    )


def histogram(values: np.ndarray, may_be_log: bool = True) -> Histogram | None:
    """The histogram of numbers `(n,)`; None without finite numbers. NaN and infinite ones are left out.

    `may_be_log` is False for numbers such as dates, whose zero is arbitrary.
    """
    values = np.asarray(values, np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    different, counts = np.unique(values, return_counts=True)
    low, high = different[0], different[-1]
    if np.all(different == np.rint(different)) and high - low < MOST_WHOLE:
        return Histogram(np.arange(low - 0.5, high + 1), np.bincount((values - low).astype(int)))
    often = np.flatnonzero(
        (counts >= LEAST_SHARE * values.size) & (counts >= OFTEN * values.size / different.size)
    )
    often = often[np.argsort(-counts[often], kind="stable")][:MOST_REPEATED]
    repeated = tuple((float(different[k]), int(counts[k])) for k in sorted(often))
    rest = values[~np.isin(values, different[often])]
    edges, is_log = edges_of(rest, may_be_log)
    found = np.histogram(rest, edges)[0]
    return Histogram(edges, found, repeated, int(np.sum(rest < edges[0])), int(np.sum(rest > edges[-1])), is_log)


def edges_of(values: np.ndarray, may_be_log: bool) -> tuple[np.ndarray, bool]:
    """Edges of the intervals of a histogram, and whether they are evenly spaced in logarithms."""
    low, high = float(values.min()), float(values.max())
    n_bins = int(np.clip(np.sqrt(values.size), FEWEST_BINS, MOST_BINS))
    first, last = np.quantile(values, NEARLY_ALL)
    if may_be_log and low > 0 and np.log10(last) - np.log10(first) > DECADES:
        return np.geomspace(low, high, n_bins + 1), True
    if last > first and (high / FAR - low / FAR) > last - first:
        margin = 0.05 * (last - first)
        low, high = max(low, first - margin), min(high, last + margin)
    if high <= low:
        margin = max(0.5, abs(low) * 1e-6)
        low, high = low - margin, low + margin
    return np.linspace(low, high, n_bins + 1), False
