"""Which values of a table are missing together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_PATTERNS, MOST_COLUMNS = 12, 40


@dataclass(frozen=True)
class GapPatterns:
    """The most frequent patterns of missing values, over the columns that have some.

    Attributes:
        names: Names of the columns, in the order of the table; the 40 with the most missing values.
        missing: Number of missing values of each, `(n_columns,)`.
        patterns: What is missing, booleans `(n_patterns, n_columns)`, the 12 most frequent patterns first to last.
        counts: Number of rows of each pattern, `(n_patterns,)`.
        n_patterns: Number of different patterns in all.
        n_rows: Number of rows of the table.
    """

    names: tuple[str, ...]
    missing: np.ndarray
    patterns: np.ndarray
    counts: np.ndarray
    n_patterns: int
    n_rows: int


def gap_patterns(missing: np.ndarray, names: Sequence[str]) -> GapPatterns | None:
    """The patterns of `missing`, booleans `(n, n_columns)`; None where nothing is missing."""
    totals = missing.sum(axis=0)
    chosen = np.flatnonzero(totals)
    if not chosen.size:
        return None
    if chosen.size > MOST_COLUMNS:
        chosen = np.sort(chosen[np.argsort(-totals[chosen], kind="stable")[:MOST_COLUMNS]])
    mask = missing[:, chosen]
    packed, counts = np.unique(np.packbits(mask, axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_PATTERNS]
    patterns = np.unpackbits(packed[order], axis=1, count=chosen.size).astype(bool)
    return GapPatterns(
        tuple(names[k] for k in chosen.tolist()),
        totals[chosen],
        patterns,
        counts[order],
        len(packed),
        len(missing),
    )
