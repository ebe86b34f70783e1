"""Rows that a module knows nothing of: rows of NaN in a forward message."""

import numpy as np

from kvae.data.gaps import known_rows, of_known

__all__ = ["first_bad", "how_many", "known_rows", "of_known", "spread"]


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
