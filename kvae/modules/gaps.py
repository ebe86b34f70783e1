"""Missing rows: rows of NaN in a forward message, which stand for observations that were not made."""

import numpy as np

from kvae.data.gaps import known_rows, of_known

__all__ = ["first_bad", "how_many", "known_rows", "of_known", "spread"]


def spread(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values `(m, ...)` of the known rows as an array `(n, ...)` with NaN in the missing rows.

    `known` `(n,)` says which rows are known; where all are, the values are returned as they are.
    """
    if known.all():
        return values
    whole = np.full((len(known), *values.shape[1:]), np.nan, np.result_type(values, np.float32))
    whole[known] = values
    return whole


def how_many(known: np.ndarray) -> str:
    """The number of missing rows as text, such as `5 of 20 rows`."""
    return f"{int((~known).sum())} of {len(known)} rows"


def first_bad(values: np.ndarray, gaps: bool = False, cells: bool = False) -> tuple[int, str] | None:
    """The first row with a value that is not allowed, and that value as text; None where all are allowed.

    Args:
        values: Rows, `(n, ...)`.
        gaps: Whether a whole row may be NaN.
        cells: Whether any single value may be NaN.
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
