"""Codings of a table's columns, learnt on the learning rows."""

from dataclasses import replace

import numpy as np

from kvae.data.stored import Rows, StoredRows
from kvae.table import TableSpec, coded

# Of rows that stay in their files so many tell what numbers are like; they are spread evenly.
SAMPLE = 262_144


def with_codings(spec: TableSpec, x: Rows) -> TableSpec:
    """The columns with codings that are learnt on rows `(n, n_columns)`, a sample of those in files."""
    rows = sampled(x) if isinstance(x, StoredRows) else x
    return replace(spec, columns=tuple(coded(column, rows[:, i]) for i, column in enumerate(spec.columns)))


def sampled(x: StoredRows) -> np.ndarray:
    """Evenly spread rows, read in order, a piece at a time."""
    every = max(1, len(x) // SAMPLE)
    parts = []
    for at in range(0, len(x), x.chunk):
        part = x[at : at + x.chunk]
        parts.append(part[-at % every :: every])
    return np.concatenate(parts)
