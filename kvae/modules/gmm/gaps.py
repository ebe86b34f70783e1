"""Class probabilities of rows of which some or all that a mixture observes is missing."""

from collections.abc import Sequence

import numpy as np

from kvae.modules.gaps import known_rows
from kvae.modules.mixture import Mixture


def known_parts(z: np.ndarray, widths: Sequence[int]) -> np.ndarray:
    """Whether each of the observed modules knows anything of a row, `(n, modules)`; they sent `widths` columns."""
    parts = np.split(z, np.cumsum(widths)[:-1], axis=1)
    return np.stack([known_rows(part) for part in parts], axis=1)


def responsibilities_with_gaps(
    mixture: Mixture, z: np.ndarray, known: np.ndarray, widths: Sequence[int], log_prior: np.ndarray | None = None
) -> np.ndarray:
    """p(k | what is known of row n), `(n, K)`: by the marginal of the dimensions that are there.

    Of a row without any it is what comes from above times the weights, and NaN where nothing does.

    Args:
        mixture: What was learnt.
        z: Rows, `(n, d)`.
        known: Whether each observed module knows anything of a row, `(n, modules)`.
        widths: Columns of each of them, of sum d.
        log_prior: Log-probabilities of the components from above, `(n, K)`.
    """
    if known.all():
        return mixture.responsibilities(z, log_prior)[0]
    r = np.full((len(z), len(mixture)), np.nan)
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == number)
        told = None if log_prior is None else log_prior[rows]
        if pattern.any():
            columns = np.flatnonzero(np.repeat(pattern, widths))
            r[rows] = mixture.marginal(columns).responsibilities(z[np.ix_(rows, columns)], told)[0]
        elif told is not None:
            r[rows] = np.exp(mixture.log_weights(told))
    return r
