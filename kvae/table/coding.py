"""What is learnt of a column before a model learns: a map of its numbers to about N(0, 1), bins, and shares.

Everything is plain values, kept in `Column.coding`: networks take the codes, and the likelihoods of columns find
their units there and start at the marginals. Rows are float32: all of it is learnt on what float32 keeps.
"""

from collections.abc import Mapping
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from kvae.table.bins import learn_bins, least_step
from kvae.table.column import Column

# Knots of the map, of about so many values at least: and some more near both ends, where tails are.
KNOTS, PER_KNOT = 33, 8
# Knots lie no closer than this share of the range in which 90 of 100 values lie: a slope must not be endless.
CLOSEST = 1e-6
# Of up to so many categories the shares are kept; of more, their number says enough.
SHARES = 1024


def coded(column: Column, values: np.ndarray) -> Column:
    """The column with its `coding`, learnt on its values `(n,)`, NaN where one is missing. Draws nothing."""
    values = np.asarray(values)
    if column.n_categories is None:
        return replace(column, coding=learn_coding(values))
    return replace(column, coding=learn_shares(values, column.n_categories))


def learn_shares(values: np.ndarray, n_categories: int) -> dict[str, Any]:
    """Of the numbers of categories `(n,)`: `n` that are there, the share that is `missing`, and `counts` of each.

    Of more than 1024 categories there are no counts.
    """
    there = values[~np.isnan(values.astype(np.float32))].astype(np.int64)
    found: dict[str, Any] = {"n": len(there), "missing": share_missing(len(there), len(values))}
    if n_categories <= SHARES:
        found["counts"] = np.bincount(there, minlength=n_categories).tolist()
    return found


def share_missing(n: int, of: int) -> float:
    """The share of values that are missing, where `n` of so many are there."""
    return 1.0 - n / of if of else 0.0


def learn_coding(values: np.ndarray) -> dict[str, Any]:
    """What the numbers of a column `(n,)` are like, NaN left out.

    Returns:
        n, missing: How many there are, and the share that is missing.
        mean, std: Of the values; `std` is never 0.
        low, high: The smallest and the largest.
        whole: Whether all are integers.
        log_mean, log_std: Of their logarithms, where all are above 0.
        knots, codes: The monotone map, piecewise linear between them (`to_codes`), both ascending.
        slopes: Of the map below the first knot and above the last.
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
    """A width for a column of one value."""
    return max(1.0, float(np.abs(unique).max()) * 1e-2)


def learn_map(unique: np.ndarray, counts: np.ndarray, n_knots: int = KNOTS) -> dict[str, Any]:
    """A piecewise linear map from ascending distinct values, met so often, to the codes of their ranks.

    A value's code is the normal quantile of its middle rank, so that many equal values get the middle of theirs.
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
    """Slopes beyond both ends, those of the outer halves: a value far out must get a code that is not far out."""
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
    """The numbers whose codes are given, of any shape, float64; NaN stays NaN."""
    codes = np.asarray(codes, np.float64)
    return _along(codes, np.array(coding["codes"]), np.array(coding["knots"]), 1.0 / np.array(coding["slopes"]))


def _along(values: np.ndarray, x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """The piecewise linear function through the points, with its slopes beyond the ends."""
    below, above = np.minimum(values - x[0], 0.0), np.maximum(values - x[-1], 0.0)
    return np.interp(values, x, y) + slopes[0] * below + slopes[1] * above
