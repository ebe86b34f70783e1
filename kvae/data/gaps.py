"""Rows without any value: rows of NaN."""

from typing import Any

import numpy as np

from kvae.data.stored import StoredRows


def known_rows(values: Any) -> np.ndarray:
    """Whether a row has any value, `(n,)` booleans: False where all are NaN. True for all stored rows."""
    n = len(values)
    if isinstance(values, StoredRows) or np.asarray(values).dtype.kind != "f":
        return np.ones(n, bool)
    table = np.asarray(values).reshape(n, -1)
    known = ~np.isnan(table[:, 0])  # faster: only rows that lack their first number are checked whole
    rows = np.flatnonzero(~known)
    known[rows] = ~np.isnan(table[rows]).all(axis=1)
    return known


def of_known(values: Any, known: np.ndarray) -> Any:
    """The rows that are `known`; `values` itself where all are."""
    return values if known.all() else values[known]
