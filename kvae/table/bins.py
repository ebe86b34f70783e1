"""Bins of a column's numbers, with edges at quantiles, and an atom for every frequent value."""

from typing import Any

import numpy as np

# The largest number of bins between atoms, and about how many values each has.
BINS, PER_BIN = 64, 8
# The largest number of atoms.
ATOMS = 256
# A grid, and numbers that never occurred, are learnt only from so many distinct values and rows.
DISTINCT, ROWS = 8, 20
# Float32 can represent all whole numbers up to here.
LARGEST = 2.0**24


def learn_bins(
    unique: np.ndarray, counts: np.ndarray, whole: bool, bins: int = BINS, atoms: int = ATOMS
) -> dict[str, Any]:
    """Bins and atoms of a column, from its ascending distinct values and their `counts`. Draws nothing.

    A value is an atom when it would fill half a bin, or when there are so few values that each may be an atom. The
    other values are divided into bins at their quantiles, with smaller bins near both ends. A bin of integers is a
    set: a bin from 3 to 7 holds 3, 4, 5 and 6; on a grid, such as the multiples of 25, only numbers on the grid.

    Args:
        unique: The distinct values, ascending.
        counts: How many rows have each of them.
        whole: Whether all values are integers.
        bins: The largest number of bins, without the smaller ones near the ends.
        atoms: The largest number of atoms.

    Returns:
        step: Step of the grid of integers, 1 without one. The grid begins at the first of `background`.
        edges: Ascending edges of the bins, `(n_bins + 1,)`; empty where every value is an atom.
        in_bins: How many rows have a value in each bin.
        atoms, at_atoms: The values that are atoms, ascending, and how many rows have each.
        unmet: How many rows to count for each number between the atoms that no row has, from 0 to 0.5.
        background: The ends `[low, high]` between which half of the values that no row has are assumed to lie.
    """
    n = int(counts.sum())
    first, step = float(unique[0]), least_grid(unique, counts) if whole else 1.0
    values = (unique - first) / step if whole else unique
    n_bins = int(np.clip(n // PER_BIN, 4, bins))
    often = counts >= max(3, 0.5 * n / n_bins)
    repeated = counts.mean() >= 3
    if len(unique) <= (atoms if whole and repeated else n_bins if repeated or whole else 2):
        often[:] = True
    elif often.sum() > atoms:  # keep the most frequent
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
    """The greatest common divisor of the differences of ascending integers; 1 where there are few of them."""
    if len(unique) < DISTINCT or counts.sum() < ROWS or np.abs(unique[[0, -1]]).max() > LARGEST:
        return 1.0
    return float(np.gcd.reduce(np.diff(unique).astype(np.int64)))


def share_unmet(places: np.ndarray, counts: np.ndarray) -> float:
    """How many rows to count for each whole number that no row has, between the ascending ones in `places`.

    The expected number of rows with a new value is about the number of values that occur once (Good 1953, The
    population frequencies of species, equation 9, for r = 0). It is divided among the numbers that no row has.
    Where most numbers are missing, as among codes, new values are not expected: 0.
    """
    free = float(places[-1] - places[0] + 1 - len(places))
    if len(places) < max(DISTINCT, 0.25 * (free + len(places))) or counts.sum() < ROWS or not free:
        return 0.0
    return min(float(np.sum(counts == 1)) / free, 0.5)


def least_step(value: float) -> float:
    """The least width of a bin at a value: 8 spacings of float32, so that float32 can divide by it."""
    return 8.0 * float(np.spacing(np.abs(np.float32(value))))


def _cut(rest: np.ndarray, counts: np.ndarray, n_bins: int, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    """Edges of bins with about equally many values, smaller near the ends, and the number of values in each."""
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
