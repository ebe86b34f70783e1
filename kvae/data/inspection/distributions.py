"""How the values of one column are spread: what a histogram or bars of it show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# More categories than these share the last bar.
MOST_BARS = 20
# Up to so many different whole numbers have a bar each.
MOST_WHOLE = 60
FEWEST_BINS, MOST_BINS = 10, 50
# A value of its own bar: so many times as frequent as a value is in the mean, and at least of this share.
OFTEN, LEAST_SHARE, MOST_REPEATED = 20.0, 0.02, 5
# Positive numbers over so many powers of ten are shown on a logarithmic scale.
DECADES = 2.0
# Where the whole range is so many times the range of nearly all, the few beyond are counted at the ends.
FAR = 5.0
NEARLY_ALL = (0.005, 0.995)


@dataclass(frozen=True)
class Bars:
    """Rows per category, the most frequent first.

    Attributes:
        names, counts: Of the categories that have a bar.
        others, in_others: How many other categories there are, and how many rows have one of them.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    others: int = 0
    in_others: int = 0


@dataclass(frozen=True)
class Histogram:
    """Rows per interval of a number.

    Attributes:
        edges, counts: `(n_bins + 1,)` and `(n_bins,)`; without the rows of `repeated`.
        repeated: Values that far more rows have than others, each with its rows.
        below, above: Rows beyond the edges.
        is_log: Whether the edges are evenly spaced in logarithms.
    """

    edges: np.ndarray
    counts: np.ndarray
    repeated: tuple[tuple[float, int], ...] = ()
    below: int = 0
    above: int = 0
    is_log: bool = False


def bars(codes: np.ndarray, names: Sequence[str], in_order: bool = False) -> Bars:
    """Bars of categories `(n,)` by their numbers, NaN where one is missing; `in_order`: as they are numbered."""
    counts = np.bincount(codes[np.isfinite(codes)].astype(np.int64), minlength=len(names))
    few = in_order and len(names) <= MOST_BARS
    order = np.arange(len(names)) if few else np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    first, rest = order[:MOST_BARS], order[MOST_BARS:]
    return Bars(
        tuple(names[k] for k in first.tolist()), tuple(counts[first].tolist()), len(rest), int(counts[rest].sum())
    )


def histogram(values: np.ndarray, may_be_log: bool = True) -> Histogram | None:
    """The histogram of numbers `(n,)`; None where there is none. NaN and infinite ones are left out.

    `may_be_log` is False of numbers such as dates, whose zero is a matter of convention.
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
    """Edges of intervals that show how numbers are spread, and whether they are spaced in logarithms."""
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
