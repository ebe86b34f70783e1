"""Codings of a table's columns, learnt on the learning rows."""

from dataclasses import replace

import numpy as np

from kvae.data.stored import Rows, StoredRows
from kvae.table import TableSpec, coded

# About how many rows codings are learnt on where rows stay in their files; they are spread evenly.
SAMPLE = 262_144


def with_codings(spec: TableSpec, x: Rows) -> TableSpec:
    """The spec with codings learnt on rows `(n, n_columns)`, or on a sample of stored rows. Draws nothing."""
    rows = sampled(x) if isinstance(x, StoredRows) else x
    return replace(spec, columns=tuple(coded(column, rows[:, i]) for i, column in enumerate(spec.columns)))


def sampled(x: StoredRows) -> np.ndarray:
    """Evenly spread rows, read in order in pieces."""
    every = max(1, len(x) // SAMPLE)
    parts = []
    for at in range(0, len(x), x.chunk):
        part = x[at : at + x.chunk]
        parts.append(part[-at % every :: every])
    return np.concatenate(parts)
