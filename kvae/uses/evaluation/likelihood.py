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
from kvae.vae.importance import first_draws

# Codes that are decoded between two updates of the progress, and the fewest and most observations of these.
DECODED = 1 << 18
FEWEST, MOST = 128, 1024


@dataclass(frozen=True)
class Likelihood:
    """Importance-sampled likelihood of `n` observations.

    Attributes:
        nll: Negative log-likelihoods in nats, `(n,)`.
        effective_samples: Effective number of draws, `(n,)`, from 1 to the number of draws.
        drawn: Number of draws of each, `(n,)`, including pilot draws that find how many are needed; None where all
            have the same number.
    """

    nll: np.ndarray
    effective_samples: np.ndarray
    drawn: np.ndarray | None = None

    def metrics(self, shape: tuple[int, ...]) -> dict[str, float]:
        """What `kvae.metrics.likelihood` measures, of observations of a `shape`."""
        found = likelihood_metrics(self.nll, self.effective_samples, shape)
        return found if self.drawn is None else found | {"importance_samples": float(np.mean(self.drawn))}


def importance_sampled(
    vae: VAE, x: Rows, messages: Gaussian | None, n_samples: int, seed: int, tolerance: float | None = None
) -> Likelihood:
    """Estimate log p(x) of all rows (Burda et al. 2016, equation 8) in bounded memory; draws from `seed`.

    With a `tolerance` in nats, `kvae.VAE.draws_needed` sets the number of draws of each row, at most `n_samples`.
    """
    n = len(x)
    nll, effective = np.empty(n), np.empty(n)
    drawn = None if tolerance is None else np.full(n, first_draws(n_samples))
    at_once = min(max(DECODED // n_samples // FEWEST * FEWEST, FEWEST), MOST)
    goes_on: int | None = seed
    with counted("likelihood", n) as count:
        for first, piece in pieces(x):
            message = None if messages is None else messages.rows(slice(first, first + len(piece)))
            draws = np.full(len(piece), n_samples)
            order = np.arange(len(piece))
            if tolerance is not None and drawn is not None:
                draws = vae.draws_needed(piece, tolerance, n_samples, seed=goes_on, **as_prior(message))
                drawn[first : first + len(piece)] += draws
                order, goes_on = np.argsort(-draws, kind="stable"), None  # rows of a batch need about as many
            for start in range(0, len(piece), at_once):
                own = order[start : start + at_once]
                log_p, effective[first + own] = vae.importance_sampled(
                    piece[own], draws[own], seed=goes_on, **as_prior(message, own)
                )
                nll[first + own], goes_on = -log_p, None
                count(first + start + len(own))
    return Likelihood(nll, effective, drawn)


def as_prior(messages: Gaussian | None, rows: np.ndarray | slice = slice(None)) -> dict[str, Any]:
    """Messages of some rows, as keyword arguments of `kvae.VAE`."""
    return {} if messages is None else messages.rows(rows).as_prior()
