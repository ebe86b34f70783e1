"""Bins of a column's numbers: at its quantiles, and an atom for every value that repeats often."""

from typing import Any

import numpy as np

# At most so many bins between atoms, and about so many values in each.
BINS, PER_BIN = 64, 8
# At most so many atoms.
ATOMS = 256
# A grid of whole numbers, and what was never met between them, are learnt of so many distinct values and rows.
DISTINCT, ROWS = 8, 20
# Whole numbers up to here are all different in float32.
LARGEST = 2.0**24


def learn_bins(
    unique: np.ndarray, counts: np.ndarray, whole: bool, bins: int = BINS, atoms: int = ATOMS
) -> dict[str, Any]:
    """Bins and atoms of ascending distinct values, met so often.

    A value is an atom when it would fill half a bin of its own, or when values are so few that each may be one.
    What is left is cut at its quantiles, finer towards both ends, where a quantile's bin is wide. Bins of integers
    are sets of them: a bin from 3 to 7 holds 3, 4, 5 and 6; of integers on a grid, such as multiples of 25, only
    those that are on it.

    Returns:
        step: That of the grid, 1 where there is none. All lies on it, counted from the first of `background`.
        edges: Ascending ends of the bins, `(n_bins + 1,)` of them, empty where every value is an atom.
        in_bins: How many values lie in each.
        atoms, at_atoms: The values that are atoms, ascending, and how often each was met.
        unmet: How many rows to count for a number between the atoms that was never met, 0 or a part of one.
        background: The ends `[low, high]` between which half of what was never met is thought to lie.
    """
    n = int(counts.sum())
    first, step = float(unique[0]), least_grid(unique, counts) if whole else 1.0
    values = (unique - first) / step if whole else unique
    n_bins = int(np.clip(n // PER_BIN, 4, bins))
    often = counts >= max(3, 0.5 * n / n_bins)
    repeated = counts.mean() >= 3
    if len(unique) <= (atoms if whole and repeated else n_bins if repeated or whole else 2):
        often[:] = True
    elif often.sum() > atoms:  # the most frequent
        often &= counts > np.sort(counts)[-atoms - 1]
    rest, rest_counts = values[~often], counts[~often]
    edges, in_bins = _cut(rest, rest_counts, n_bins, whole)
    unmet = share_unmet(values, counts) if whole and often.all() else 0.0
    edges = first + step * edges if whole else edges
    least = step if whole else least_step(unique[-1])
    return {
        "step": step,
        "unmet": unmet,
        "edges": edges.tolist(),
        "in_bins": in_bins.tolist(),
        "atoms": unique[often].tolist(),
        "at_atoms": counts[often].tolist(),
        "background": [float(unique[0]), float(max(unique[-1], first + least))],
    }


def least_grid(unique: np.ndarray, counts: np.ndarray) -> float:
    """The greatest common divisor of the differences of ascending integers; 1 where they are few."""
    if len(unique) < DISTINCT or counts.sum() < ROWS or np.abs(unique[[0, -1]]).max() > LARGEST:
        return 1.0
    return float(np.gcd.reduce(np.diff(unique).astype(np.int64)))


def share_unmet(places: np.ndarray, counts: np.ndarray) -> float:
    """How many rows to count for each whole number between ascending ones, met so often, that is not among them.

    About as many rows more have a value that was never met as there are values that were met once (Good 1953, The
    population frequencies of species, equation 9, for r = 0). Where most numbers are not there, as among codes,
    what was met is taken for all there is.
    """
    free = float(places[-1] - places[0] + 1 - len(places))
    if len(places) < max(DISTINCT, 0.25 * (free + len(places))) or counts.sum() < ROWS or not free:
        return 0.0
    return min(float(np.sum(counts == 1)) / free, 0.5)


def least_step(value: float) -> float:
    """A distance at a value that float32 can still divide by."""
    return 8.0 * float(np.spacing(np.abs(np.float32(value))))


def _cut(rest: np.ndarray, counts: np.ndarray, n_bins: int, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    """Edges of bins of about as many values each, and how many are in them."""
    if not len(rest):
        return np.zeros(0), np.zeros(0, np.int64)
    n = int(counts.sum())
    levels = np.arange(n_bins + 1) / n_bins
    finer = 0.5 ** np.arange(1, 12) / n_bins
    finer = finer[finer * n >= 2]
    levels = np.unique(np.concatenate([levels, finer, 1.0 - finer]))
    places = np.searchsorted(np.cumsum(counts), levels[1:-1] * n, side="right")
    last = rest[-1] + 1.0 if whole else max(rest[-1], rest[0] + least_step(rest[0]))
    edges = [float(rest[0])]
    for place in np.unique(np.clip(places, 1, len(rest) - 1)) if len(rest) > 1 else []:
        edge = rest[place] if whole else float(np.float32(0.5 * (rest[place - 1] + rest[place])))
        step = 1.0 if whole else least_step(edge)
        if edge - edges[-1] >= step and last - edge >= step:
            edges.append(float(edge))
    edges.append(float(last))
    found = np.array(edges)
    bin_of = np.clip(np.searchsorted(found, rest, side="right") - 1, 0, len(found) - 2)
    return found, np.bincount(bin_of, counts, minlength=len(found) - 1).astype(np.int64)
