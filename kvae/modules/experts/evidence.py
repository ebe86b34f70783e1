"""The evidence of every modality about the codes: its posterior divided by the prior that its VAE learnt with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Evidence:
    """Gaussian factors t_i(z) of M modalities, to be multiplied with a prior of the codes.

    log t_i(z) = linear * z - precision * z**2 / 2 + constant, dimension by dimension.

    Attributes:
        precision: `(M, n, d)`, at least 0; 0 in rows that lack the modality.
        linear: `(M, n, d)`; 0 in rows that lack the modality.
        there: Which rows have which modality, `(M, n)`.
    """

    precision: np.ndarray
    linear: np.ndarray
    there: np.ndarray

    def rows(self, rows: np.ndarray) -> "Evidence":
        """The factors of some rows."""
        return Evidence(self.precision[:, rows], self.linear[:, rows], self.there[:, rows])


def evidence_of(
    means: Sequence[np.ndarray], variances: Sequence[Any], contained: np.ndarray, floor: float
) -> Evidence:
    """The factors t_i of the posteriors q_i = N(m_i, v_i) of single modalities: q_i(z) = t_i(z) N(z; 0, I).

    The precision of t_i is 1 / v_i - contained, at least 0, and t_i(z) N(z; 0, I) has the mean m_i. For linear
    Gaussian models this is exact, also after learning with messages (docs/modules.md): an encoder that sees x_i
    alone learns the mean of the messages given x_i, so m_i is the mean of p(z|x_i) in any case.

    Args:
        means, variances: M arrays `(n, d)`; a row of NaN lacks the modality.
        contained: Precisions of the priors that the posteriors contain, `(M, d)`: 1 for N(0, I).
        floor: The lowest variance of a posterior; lower ones count as overconfident, and are raised to it.
    """
    m, v = np.asarray(means, float), np.asarray(variances, float)
    there = ~np.isnan(m).any(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.clip(1.0 / v - contained[:, None, :], 0.0, max(0.0, 1.0 / floor - 1.0))
        linear = (1.0 + precision) * m
    absent = ~there[:, :, None]
    return Evidence(np.where(absent, 0.0, precision), np.where(absent, 0.0, linear), there)
