"""The likelihood of observations by importance sampling, with its standard error."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.data.pieces import pieces
from kvae.data.stored import Rows
from kvae.metrics.likelihood import likelihood_metrics
from kvae.model import VAE
from kvae.modules import Gaussian
from kvae.training.progress import counted

# Rows that are decoded between two signs of life, and observations that they belong to.
DECODED = 1 << 18
FEWEST, MOST = 128, 1024


@dataclass(frozen=True)
class Likelihood:
    """Importance-sampled likelihood of `n` observations.

    Attributes:
        nll: Negative log-likelihoods in nats, `(n,)`.
        effective_samples: How many of the draws count, `(n,)`, from 1 to `n_samples`.
        n_samples: Draws per observation.
    """

    nll: np.ndarray
    effective_samples: np.ndarray
    n_samples: int

    def metrics(self, shape: tuple[int, ...]) -> dict[str, float]:
        """What `kvae.metrics.likelihood` measures, of observations of a `shape`."""
        return likelihood_metrics(self.nll, self.effective_samples, shape)


def importance_sampled(vae: VAE, x: Rows, messages: Gaussian | None, n_samples: int, seed: int) -> Likelihood:
    """Estimate log p(x) of all rows (Burda et al. 2016, equation 8) in bounded memory; draws from `seed`."""
    n = len(x)
    nll, effective = np.empty(n), np.empty(n)
    at_once = min(max(DECODED // n_samples // FEWEST * FEWEST, FEWEST), MOST)
    with counted("likelihood", n) as count:
        for first, piece in pieces(x):
            for start in range(0, len(piece), at_once):
                rows = slice(first + start, first + min(start + at_once, len(piece)))
                prior: dict[str, Any] = {} if messages is None else messages.rows(rows).as_prior()
                log_p, effective[rows] = vae.importance_sampled(
                    piece[start : start + at_once], n_samples, seed=seed if rows.start == 0 else None, **prior
                )
                nll[rows] = -log_p
                count(rows.stop)
    return Likelihood(nll, effective, n_samples)
