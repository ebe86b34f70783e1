"""The likelihood of observations, from estimates of each."""

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
    nll_se=Meaning("Standard error of nll", "How far the mean over these observations may be off.", NATS),
    nll_bits_per_dim=Meaning(
        "nll in bits per dimension", "The same per dimension of the data.", "bits", "lower", mean=True
    ),
    effective_samples=Meaning(
        "Effective samples",
        "How many of an observation's importance samples count; with few, nll is loose.",
        "samples",
        "higher",
        mean=True,
    ),
    importance_samples=Meaning(
        "Importance samples",
        "How many were drawn of an observation on average, where `mode.tolerance` let them end early.",
        "samples",
        mean=True,
    ),
)
def likelihood_metrics(nll: np.ndarray, effective_samples: np.ndarray, shape: tuple[int, ...]) -> dict[str, float]:
    """`nll` and its standard error `nll_se` in nats, the same in bits per dimension, and `effective_samples`.

    The standard error is that of a mean over observations drawn from where these came from; the noise of the
    draws is a part of it.

    Args:
        nll: Negative log-likelihoods in nats, `(n,)`.
        effective_samples: How many draws count for each, `(n,)`.
        shape: Of an observation.
    """
    mean = float(np.mean(nll))
    return {
        "nll": mean,
        "nll_se": float(np.std(nll, ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else math.nan,
        "nll_bits_per_dim": mean / (math.prod(shape) * math.log(2.0)),
        "effective_samples": float(np.mean(effective_samples)),
    }
