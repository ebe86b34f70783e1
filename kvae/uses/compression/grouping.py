"""Things that share a table, found together."""

import itertools
from collections.abc import Iterator

import numpy as np


def groups(tables: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Entries `(n,)` that share a table: its number and their places, in ascending order of both."""
    order = np.argsort(tables, kind="stable")
    ordered = tables[order]
    ends = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(ordered)]
    for start, stop in itertools.pairwise(ends):
        if stop > start:
            yield int(ordered[start]), order[start:stop]
