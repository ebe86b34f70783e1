"""Class probabilities of rows that are missing in some or all of the modules that a mixture observes."""

from collections.abc import Sequence

import numpy as np

from kvae.modules.gaps import known_rows
from kvae.modules.mixture import Mixture


def known_parts(z: np.ndarray, widths: Sequence[int]) -> np.ndarray:
    """Which rows are known to which of the observed modules, `(n, modules)`; each module sent `widths` columns."""
    parts = np.split(z, np.cumsum(widths)[:-1], axis=1)
    return np.stack([known_rows(part) for part in parts], axis=1)


def responsibilities_with_gaps(
    mixture: Mixture, z: np.ndarray, known: np.ndarray, widths: Sequence[int], log_prior: np.ndarray | None = None
) -> np.ndarray:
    """p(k | known dimensions of row n), `(n, K)`, from the marginal mixture over those dimensions.

    For a row without known dimensions it is the normalised product of the weights and `log_prior`, or NaN without
    a `log_prior`.

    Args:
        mixture: The learnt mixture.
        z: Rows, `(n, d)`.
        known: Which rows are known to which of the observed modules, `(n, modules)`.
        widths: Number of columns of each module, of sum d.
        log_prior: Log-probabilities of the components from above, `(n, K)`.
    """
    if known.all():
        return mixture.responsibilities(z, log_prior)[0]
    r = np.full((len(z), len(mixture)), np.nan)
    patterns, which = np.unique(known, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = np.flatnonzero(which.reshape(-1) == number)
        rows_prior = None if log_prior is None else log_prior[rows]
        if pattern.any():
            columns = np.flatnonzero(np.repeat(pattern, widths))
            r[rows] = mixture.marginal(columns).responsibilities(z[np.ix_(rows, columns)], rows_prior)[0]
        elif rows_prior is not None:
            r[rows] = np.exp(mixture.log_weights(rows_prior))
    return r
