"""How unusual an observation is to a learnt VAE: one number per observation, the larger the more unusual."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kvae.data.stored import Rows
from kvae.model import VAE

SCORES = ("elbo", "reconstruction", "nll")
NLL_SAMPLES = 200


def anomaly_scores(
    vae: VAE,
    x: Rows,
    score: str = "elbo",
    n_samples: int | None = None,
    prior: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Anomaly score of every observation in nats, `(n,)`; the larger, the more unusual.

    - `elbo`: the negative evidence lower bound, reconstruction + KL, without the weight `KL_param`.
    - `reconstruction`: -E_q[log p(x|z)] alone, the reconstruction probability of An and Cho (2015), section 3.2.
    - `nll`: -log p(x), estimated by importance sampling (Burda et al. 2016, equation 8).

    With `n_samples=None` the first two decode the posterior mean and draw nothing, and `nll` takes 200 draws.

    Args:
        vae: A learnt model.
        x: Observations as the model takes them, `(n, *data_shape)`.
        score: One of `SCORES`.
        n_samples: Posterior draws per observation, from `seed`.
        prior: `prior_mu` `(n, latent_dim)` and maybe `prior_cov`, as in `kvae.VAE.elbo_terms`; None: N(0, I).
            It plays no part in `reconstruction`.
        seed: Seed of the draws; the same seed gives the same scores.

    Raises:
        ValueError: For an unknown score, `n_samples` below 1, or arrays of another shape.
    """
    check_score(score)
    message: dict[str, Any] = dict(prior or {})
    if score == "nll":
        return -vae.log_prob(x, NLL_SAMPLES if n_samples is None else n_samples, seed=seed, **message)
    if score == "elbo":
        return -vae.elbo(x, n_samples=n_samples, seed=seed, **message)
    return vae.elbo_terms(x, n_samples=n_samples, seed=seed, **message)[0]


def check_score(score: str) -> None:
    """Raise ValueError unless `score` is one of `SCORES`."""
    if score not in SCORES:
        raise ValueError(f"`score` must be one of {', '.join(SCORES)}. Received: score={score!r}")
