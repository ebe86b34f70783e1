"""Codings of a table's columns, learnt on the learning rows."""

from dataclasses import replace

import numpy as np

from kvae.data.stored import Rows, StoredRows
from kvae.table import TableSpec, coded
from kvae.table.coding import counted

# About how many rows the codings of numbers are learnt on where rows stay in their files; they are spread evenly.
SAMPLE = 262_144


def with_codings(spec: TableSpec, x: Rows) -> TableSpec:
    """The spec with codings learnt on rows `(n, n_columns)`. Draws nothing.

    The categories of stored rows are counted in all rows, since many of a sample seem to have a single one; their
    numbers are those of a sample.
    """
    if not isinstance(x, StoredRows):
        return replace(spec, columns=tuple(coded(column, x[:, i]) for i, column in enumerate(spec.columns)))
    every = max(1, len(x) // SAMPLE)
    sampled = []
    counts = {
        i: np.zeros(column.n_categories, np.int64)
        for i, column in enumerate(spec.columns)
        if column.n_categories is not None
    }
    for at in range(0, len(x), x.chunk):
        part = x[at : at + x.chunk]
        sampled.append(part[-at % every :: every])
        for i, found in counts.items():
            found += counted(part[:, i], len(found))
    rows = np.concatenate(sampled)
    columns = (coded(column, rows[:, i], counts.get(i)) for i, column in enumerate(spec.columns))
    return replace(spec, columns=tuple(columns))
