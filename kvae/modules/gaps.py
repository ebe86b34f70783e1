"""Rows that a module knows nothing of: rows of NaN in a forward message."""

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


def spread(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The values `(m, ...)` of the known rows as `(n, ...)`, NaN in the others; themselves where all are known."""
    if known.all():
        return values
    whole = np.full((len(known), *values.shape[1:]), np.nan, np.result_type(values, np.float32))
    whole[known] = values
    return whole


def how_many(known: np.ndarray) -> str:
    """How many rows are not known, in words."""
    return f"{int((~known).sum())} of {len(known)} rows"


def first_bad(values: np.ndarray, gaps: bool = False, cells: bool = False) -> tuple[int, str] | None:
    """The first row with a number that is not allowed, and what it has in words; None where there is none.

    Args:
        values: Rows, `(n, ...)`.
        gaps: Whether whole rows may be NaN.
        cells: Whether any number may be.
    """
    bad = np.isinf(values) if cells else ~np.isfinite(values)
    if not bad.any():
        return None
    rows = bad.reshape(len(values), -1).any(axis=1)
    if gaps and not cells:
        rows &= known_rows(values)
    if not rows.any():
        return None
    row = int(np.argmax(rows))
    return row, "infinity" if cells else "NaN or infinity"
