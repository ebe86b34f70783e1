"""Metrics of latent codes: which dimensions are used, and how the posteriors cover the prior."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from kvae.metrics.meaning import Meaning, measures

ACTIVE_VARIANCE = 0.01
DIMENSIONS = "dimensions"  # a unit: the report adds how many there are
# Codes whose distances to all others are in memory at once.
CHUNK = 500


@measures(
    active_units=Meaning(
        "Active units",
        "Latent dimensions in use: their posterior mean varies by more than 0.01 (variance).",
        DIMENSIONS,
        "higher",
        rank=2,
    )
)
def active_units(z_mean: np.ndarray) -> int:
    """Latent dimensions whose posterior mean varies over observations by more than 0.01.

    Burda et al. (2016), section 5: `Cov_x(E_q[z])` above the threshold. `z_mean` is `(n, latent_dim)`.
    """
    spread = Spread()
    spread.add(z_mean)
    return spread.active_units


class Spread:
    """Variance of posterior means that come in pieces (Chan et al. 1983, equation 2.1), in float64."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: Any = 0.0
        self.square: Any = 0.0

    def add(self, z_mean: np.ndarray) -> None:
        """Take more rows, `(n, latent_dim)`, into account."""
        mean = np.asarray(np.mean(z_mean, axis=0, dtype=np.float64))
        self.merge(len(z_mean), mean, np.sum((z_mean - mean) ** 2, axis=0))

    def merge(self, n: int, mean: np.ndarray, square: np.ndarray) -> None:
        """Take `n` more rows into account by their mean and the sum of their squared distances to it."""
        difference = mean - self.mean
        self.square = self.square + square + difference**2 * (self.n * n / (self.n + n))
        self.mean = self.mean + difference * (n / (self.n + n))
        self.n += n

    @property
    def active_units(self) -> int:
        """Dimensions whose variance is above the threshold."""
        return int(np.sum(self.square / self.n > ACTIVE_VARIANCE))


@measures(
    mutual_information=Meaning(
        "Mutual information",
        "Information that a code has about which observation it comes from; at most the log of the number of "
        "rows, of which at most 10,000 are used.",
        "nats per observation",
        "higher",
    ),
    aggregate_kl=Meaning(
        "Aggregate KL",
        "KL of the mixture of all posteriors from the prior.",
        "nats per observation",
        "lower",
    ),
)
def information(
    z_mean: np.ndarray, z_log_var: np.ndarray, seed: int, prior_mu: Any = None, prior_var: Any = None
) -> dict[str, float]:
    """The mutual information of observations and codes, and the KL of all posteriors together from the prior.

    Hoffman and Johnson (2016), equation 5: without messages the mean KL of the posteriors is the sum of the two.
    q(z) is the mixture of the n posteriors, and where there are messages p(z) that of the n priors. One draw per
    posterior, from `seed`.

    Args:
        z_mean, z_log_var: Posteriors, `(n, latent_dim)`.
        seed: Source of the draws.
        prior_mu: Prior means `(n, latent_dim)`; None: all 0.
        prior_var: Prior variances `(n, latent_dim)`; None: all 1.

    Returns:
        In nats `mutual_information` of the number of an observation and its code, which cannot exceed log n, and
        `aggregate_kl`, KL(q(z) || p(z)).
    """
    mean, log_var = np.asarray(z_mean, np.float64), np.asarray(z_log_var, np.float64)
    noise = np.random.default_rng(seed).standard_normal(mean.shape)
    z = mean + np.exp(log_var / 2) * noise
    log_posterior = -0.5 * np.sum(noise**2 + log_var + np.log(2 * np.pi), axis=1)
    log_aggregate = log_mixture(z, mean, log_var)
    if prior_mu is None:
        log_prior = -0.5 * np.sum(z**2 + np.log(2 * np.pi), axis=1)
    else:
        variances = np.ones_like(mean) if prior_var is None else np.asarray(prior_var, np.float64)
        log_prior = log_mixture(z, np.asarray(prior_mu, np.float64), np.log(variances))
    return {
        "mutual_information": float(np.mean(log_posterior - log_aggregate)),
        "aggregate_kl": float(np.mean(log_aggregate - log_prior)),
    }


def log_mixture(z: np.ndarray, mean: np.ndarray, log_var: np.ndarray) -> np.ndarray:
    """Log-density at `z` `(n, d)` of an equally weighted mixture of m Gaussians; `mean` and `log_var` `(m, d)`."""
    precision = np.exp(-log_var)
    constant = -0.5 * np.sum(mean**2 * precision + log_var + np.log(2 * np.pi), axis=1)
    densities = []
    for start in range(0, len(z), CHUNK):
        part = z[start : start + CHUNK]
        log_p = constant + part @ (mean * precision).T - 0.5 * part**2 @ precision.T
        densities.append(logsumexp(log_p, axis=1))
    return np.concatenate(densities) - np.log(len(mean))
