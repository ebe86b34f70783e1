"""The negative log-likelihood of observations, from an estimate for each."""

import math

import numpy as np

from kvae.metrics.losses import NATS
from kvae.metrics.meaning import Meaning, measures


@measures(
    nll=Meaning(
        "Negative log-likelihood",
        "−log p(x), estimated by importance sampling; an upper bound on average.",
        NATS,
        "lower",
        rank=3,
        mean=True,
    ),
    nll_se=Meaning("Standard error of nll", "Standard error of the mean over these observations.", NATS),
    nll_bits_per_dim=Meaning(
        "nll in bits per dimension", "The same per dimension of the data.", "bits", "lower", mean=True
    ),
    effective_samples=Meaning(
        "Effective samples",
        "Effective number of importance samples of an observation; if it is small, what rests on them is "
        "uncertain: nll is a loose bound, filled values are rough.",
        "samples",
        "higher",
        mean=True,
    ),
    importance_samples=Meaning(
        "Importance samples",
        "Mean number of draws per observation, where `mode.tolerance` ends sampling early.",
        "samples",
        mean=True,
    ),
)
def likelihood_metrics(nll: np.ndarray, effective_samples: np.ndarray, shape: tuple[int, ...]) -> dict[str, float]:
    """`nll` and its standard error `nll_se` in nats, the same in bits per dimension, and `effective_samples`.

    The standard error is that of a mean over random observations; it includes the noise of the draws.

    Args:
        nll: Negative log-likelihoods in nats, `(n,)`.
        effective_samples: The effective number of draws for each observation, `(n,)`.
        shape: The shape of an observation.
    """
    mean = float(np.mean(nll))
    return {
        "nll": mean,
        "nll_se": float(np.std(nll, ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else math.nan,
        "nll_bits_per_dim": mean / (math.prod(shape) * math.log(2.0)),
        "effective_samples": float(np.mean(effective_samples)),
    }
