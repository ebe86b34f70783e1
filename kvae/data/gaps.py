"""Rows that nothing is known of: rows of NaN."""

from typing import Any

import numpy as np

from kvae.data.stored import StoredRows


def known_rows(values: Any) -> np.ndarray:
    """Whether anything is known of a row, `(n,)`: its numbers are all NaN where not. Stored rows are known."""
    n = len(values)
    if isinstance(values, StoredRows) or np.asarray(values).dtype.kind != "f":
        return np.ones(n, bool)
    table = np.asarray(values).reshape(n, -1)
    known = ~np.isnan(table[:, 0])  # a row that lacks its first number is looked at whole
    rows = np.flatnonzero(~known)
    known[rows] = ~np.isnan(table[rows]).all(axis=1)
    return known


def of_known(values: Any, known: np.ndarray) -> Any:
    """The known ones of rows; the rows themselves where all are."""
    return values if known.all() else values[known]
