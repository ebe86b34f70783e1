"""Groups entries that share a table."""

import itertools
from collections.abc import Iterator

import numpy as np


def groups(tables: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield groups of the entries `(n,)` that share a table: its number and their indices, both ascending."""
    order = np.argsort(tables, kind="stable")
    ordered = tables[order]
    ends = [0, *(np.flatnonzero(np.diff(ordered)) + 1).tolist(), len(ordered)]
    for start, stop in itertools.pairwise(ends):
        if stop > start:
            yield int(ordered[start]), order[start:stop]
