"""The coding of a column, learnt before the model: a map of its numbers to about N(0, 1), bins, and shares.

All of it is plain values in `Column.coding`. Networks take the codes; likelihoods of columns take their units from
it, and begin at the marginal distributions. It is learnt on values in float32, as the model reads them.
"""

from collections.abc import Mapping
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from kvae.table.bins import learn_bins, least_step
from kvae.table.column import Column
from kvae.table.rare import rare_of

# The largest number of knots of the map, without some more near both ends, and the fewest values per knot.
KNOTS, PER_KNOT = 33, 8
# The least distance of knots, as a share of the range of the middle 90% of the values: it bounds the slopes.
CLOSEST = 1e-6
# Counts are kept of up to so many categories.
SHARES = 1024


def coded(column: Column, values: np.ndarray, counts: np.ndarray | None = None) -> Column:
    """The column with its `coding`. Draws no random numbers.

    Args:
        column: The column.
        values: Its values `(n,)`, NaN for missing ones.
        counts: How many rows have each category, if `values` are a sample of them.
    """
    values = np.asarray(values)
    if column.n_categories is None:
        return replace(column, coding=learn_coding(values))
    there = counted(values, column.n_categories)
    n = int(there.sum())
    coding = {"n": n, "missing": share_missing(n, len(values))}
    return replace(column, coding=coding | learn_shares(there if counts is None else counts))


def counted(values: np.ndarray, n_categories: int) -> np.ndarray:
    """How many rows have each category, `(n_categories,)`, from their numbers `(n,)`, NaN for missing values."""
    there = values[~np.isnan(values.astype(np.float32))]
    return np.bincount(there.astype(np.int64), minlength=n_categories)


def learn_shares(counts: np.ndarray) -> dict[str, Any]:
    """What is learnt of categories beside their number, from how many rows have each.

    Returns:
        counts: Rows of each category; absent for more than 1024 categories.
        rare: The numbers of the rare categories (`kvae.table.rare`); absent if there are none.
    """
    found: dict[str, Any] = {"counts": counts.tolist()} if len(counts) <= SHARES else {}
    return found | ({"rare": rare} if (rare := rare_of(counts)) else {})


def share_missing(n: int, of: int) -> float:
    """The share of missing values, where `n` of `of` values are not missing."""
    return 1.0 - n / of if of else 0.0


def learn_coding(values: np.ndarray) -> dict[str, Any]:
    """The coding of a column of numbers `(n,)`, NaN for missing values.

    Returns:
        n, missing: How many values there are, and the share of rows without one.
        mean, std: Mean and standard deviation of the values; `std` is never 0.
        low, high: The smallest and the largest value.
        whole: Whether all values are integers.
        log_mean, log_std: Mean and standard deviation of the logarithms; absent unless all values are above 0.
        knots, codes: Points of the monotone map, which is piecewise linear (`to_codes`), both ascending.
        slopes: Slopes of the map below the first knot and above the last.
        step, unmet, edges, in_bins, atoms, at_atoms, background: See `kvae.table.bins.learn_bins`.
    """
    given = np.asarray(values, np.float32)
    there = given[np.isfinite(given)].astype(np.float64)
    n = len(there)
    if not n:
        there = np.zeros(1)
    unique, counts = np.unique(there, return_counts=True)
    spread = float(there.std())
    found: dict[str, Any] = {
        "n": n,
        "missing": share_missing(n, len(given)),
        "mean": float(there.mean()),
        "std": spread if spread > 1e-6 * float(np.abs(there).max()) else _unit(unique),
        "low": float(unique[0]),
        "high": float(unique[-1]),
        "whole": bool((unique == np.rint(unique)).all()),
    }
    if unique[0] > 0:
        logs = np.log(there)
        found |= {"log_mean": float(logs.mean()), "log_std": max(float(logs.std()), 1e-3)}
    return found | learn_map(unique, counts) | learn_bins(unique, counts, whole=found["whole"])


def _unit(unique: np.ndarray) -> float:
    """A width, above 0, for a column with a single value."""
    return max(1.0, float(np.abs(unique).max()) * 1e-2)


def learn_map(unique: np.ndarray, counts: np.ndarray, n_knots: int = KNOTS) -> dict[str, Any]:
    """A piecewise linear map from values to codes, from ascending distinct values and their `counts`.

    A value's code is the standard normal quantile of its mean rank; equal values have the same code.
    """
    n = int(counts.sum())
    ranks = (np.cumsum(counts) - 0.5 * counts) / n
    n_knots = int(np.clip(n // PER_KNOT, 3, n_knots))
    ends = 0.5 ** np.arange(1, 9) / n_knots
    ends = ends[ends * n >= 2]
    levels = np.unique(np.concatenate([(np.arange(n_knots) + 0.5) / n_knots, ends, 1.0 - ends]))
    wanted = np.unique(np.clip(np.searchsorted(ranks, levels), 0, len(unique) - 1))
    wanted = np.unique(np.concatenate([[0], wanted, [len(unique) - 1]]))
    low, high = unique[np.searchsorted(np.cumsum(counts), [0.05 * n, 0.95 * n])]
    kept: list[int] = []
    for place in wanted:
        if not kept or unique[place] - unique[kept[-1]] >= max(CLOSEST * (high - low), least_step(unique[place])):
            kept.append(int(place))
    knots = unique[kept].tolist()
    codes = [NormalDist().inv_cdf(float(rank)) for rank in ranks[kept]]
    if len(knots) == 1:
        unit = _unit(unique)
        knots, codes = [knots[0] - unit, knots[0], knots[0] + unit], [-1.0, 0.0, 1.0]
    return {"knots": knots, "codes": codes, "slopes": _outer_slopes(np.array(knots), np.array(codes))}


def _outer_slopes(knots: np.ndarray, codes: np.ndarray) -> list[float]:
    """Slopes beyond both ends: at most those of the outer halves, so that far values do not get extreme codes."""
    middle = len(knots) // 2
    slopes = np.diff(codes)[[0, -1]] / np.diff(knots)[[0, -1]]
    halves = [
        (codes[middle] - codes[0]) / (knots[middle] - knots[0]) if middle else slopes[0],
        (codes[-1] - codes[middle]) / (knots[-1] - knots[middle]) if middle < len(knots) - 1 else slopes[1],
    ]
    return [float(min(pair)) for pair in zip(slopes, halves, strict=True)]


def to_codes(values: np.ndarray, coding: Mapping[str, Any]) -> np.ndarray:
    """Codes of numbers of any shape, float64; NaN stays NaN. The inverse is `from_codes`."""
    values = np.asarray(values, np.float64)
    return _along(values, np.array(coding["knots"]), np.array(coding["codes"]), np.array(coding["slopes"]))


def from_codes(codes: np.ndarray, coding: Mapping[str, Any]) -> np.ndarray:
    """Numbers of any shape from their codes, float64; NaN stays NaN. The inverse of `to_codes`."""
    codes = np.asarray(codes, np.float64)
    return _along(codes, np.array(coding["codes"]), np.array(coding["knots"]), 1.0 / np.array(coding["slopes"]))


def _along(values: np.ndarray, x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """The piecewise linear function through the points `(x, y)`, with `slopes` beyond both ends."""
    below, above = np.minimum(values - x[0], 0.0), np.maximum(values - x[-1], 0.0)
    return np.interp(values, x, y) + slopes[0] * below + slopes[1] * above
