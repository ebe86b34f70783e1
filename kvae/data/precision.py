"""Numbers that float32, in which models compute, hardly tells apart."""

import logging
import math
from collections.abc import Sequence

import numpy as np

from kvae.data.columns import listed
from kvae.data.stored import Rows, StoredRows

log = logging.getLogger(__name__)

# Rounding by more than this share of a column's standard deviation changes what can be learnt about it.
COARSE = 0.05
# About how many values of the rows are looked at, in so many ranges of rows.
VALUES, RANGES = 2**22, 16


def what_is_coarse(exact: np.ndarray, called: str) -> str | None:
    """A message where float32 hardly tells numbers apart, as they are far from 0; else None.

    Args:
        exact: The numbers `(n,)` in float64, NaN for missing ones.
        called: How the message calls them.
    """
    finite = exact[np.isfinite(exact)]
    if not finite.size:
        return None
    away = float(np.abs(finite.astype(np.float32).astype(np.float64) - finite).max())
    spread = float(finite.std())
    if away <= COARSE * spread:
        return None
    return (
        f"{called}: float32 rounds its numbers by up to {away:.2g}, and their standard deviation is only "
        f"{spread:.2g}: subtract a number such as {np.median(finite):.17g} from them first"
    )


def warn_of_coarse(x: Rows, columns: Sequence[str] | None, source: str) -> None:
    """Warn in one line of columns of numbers that float32 hardly tells apart; constant ones are left out.

    Args:
        x: Learning rows in the data's own units.
        columns: Names of the columns; None where they have none.
        source: How messages call the data.
    """
    if isinstance(x, StoredRows) and x.look is not None:
        return  # nothing is read before its numbers are checked
    if x.dtype.kind not in "iuf" or x.dtype.itemsize < 4 or x.dtype == np.float32 or not len(x):
        return
    some = np.asarray(some_of(x), np.float64)
    names = ["the data"]
    if x.ndim == 2:
        names = (
            [f"column {i}" for i in range(some.shape[1])] if columns is None else [repr(one) for one in columns]
        )
    values = some.reshape(-1, len(names))
    constant = values.std(axis=0) <= len(values) * np.finfo(np.float64).eps * np.abs(values.mean(axis=0))
    away = np.abs(values.astype(np.float32) - values).max(axis=0)
    found = np.flatnonzero(~constant & (away > COARSE * values.std(axis=0))).tolist()
    if found and (word := what_is_coarse(values[:, found[0]], names[found[0]])) is not None:
        more = f" (and the like for {listed([names[i] for i in found[1:]])})" if found[1:] else ""
        log.warning("warning: %s: %s%s", source, word, more)


def some_of(x: Rows) -> np.ndarray:
    """Rows evenly spread over `x`, in ranges; all of them where they are few."""
    n = max(VALUES // math.prod(x.shape[1:]) // RANGES, 4)
    if len(x) <= n * RANGES:
        return x[:]
    return np.concatenate([x[start : start + n] for start in np.linspace(0, len(x) - n, RANGES).astype(int)])
