"""Codes of new rows of a table under conditions on its columns, by inference and not by rejection."""

import logging

import numpy as np

from kvae.errors import InputError
from kvae.modules.mixture import Mixture
from kvae.uses.codes.chains import drawn_by_weight
from kvae.uses.codes_given import in_batches
from kvae.uses.conditions.weighing import Conditions

log = logging.getLogger(__name__)

# Least and largest number of importance samples; fewest and most steps of the Markov chains, which take more where
# the effective number of samples is small.
TRIED, MOST_TRIED, STEPS, MOST_STEPS = 4096, 32_768, 10, 100
# With fewer effective samples a warning is logged; a smaller probability is taken for a rounding error.
FEW, LEAST = 50, 1e-12


def codes_where(
    conditions: Conditions, n: int, prior: Mixture, rng: np.random.Generator, key: str = "mode.where"
) -> np.ndarray:
    """`n` draws from p(z | conditions) under a prior of codes, `(n, latent_dim)` float32.

    All `n` are drawn from the same importance samples. Logs a warning where few of these are effective.

    Args:
        conditions: Conditions on the rows.
        n: Number of draws.
        prior: Distribution of codes without conditions.
        rng: Source of the draws.
        key: Name of the conditions in messages.

    Raises:
        InputError: When the conditions have probability 0 under every code that was tried.
    """
    mean, cov = moments_of(prior)
    whole = Mixture(np.ones(1), mean, cov)

    def log_evidence(z: np.ndarray) -> np.ndarray:
        codes = z.reshape(-1, z.shape[-1]).astype(np.float64)
        other = prior.responsibilities(codes)[1] - whole.responsibilities(codes)[1]
        return other.reshape(z.shape[:-1]) + conditions.log_probability(z)

    tried = int(np.clip(n, TRIED, MOST_TRIED))
    rounds = in_batches(conditions.vae, conditions.known, log_evidence, rng, tried, mean, cov, gaps_tell=False)
    ((_, codes),) = rounds
    (effective,) = codes.effective
    steps = int(np.clip(STEPS * min(n, tried) / max(effective, 1e-9), STEPS, MOST_STEPS))
    z = drawn_by_weight(codes, n, steps, rng)[:, 0]
    p = conditions.probabilities(z).max(axis=1)
    if effective == 0 or np.any(p < LEAST):
        lacking = [one.said for one, most in zip(conditions.weighed, p, strict=True) if most < LEAST]
        raise InputError(
            f"{key}: under this model there are no rows with {' or '.join(lacking) or conditions.said}: their "
            "probability is 0, or too small to be computed"
        )
    if effective < FEW:
        log.warning(
            "warning: the rows with %s rest on %.0f effective samples of %s: they may vary less than they should",
            conditions.said,
            effective,
            f"{len(codes.z):,}",
        )
    return z


def moments_of(prior: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """Mean `(1, d)` and covariance `(1, d, d)` of a mixture."""
    mean = prior.weights @ prior.means
    away = prior.means - mean
    cov = np.einsum("k,kij->ij", prior.weights, prior.covs + away[:, :, None] * away[:, None, :])
    return mean[None], cov[None]
