"""A message as arrays: the prior of every observation, checked before it is used."""

from typing import Any

import numpy as np

from kvae.data.observations import as_numbers
from kvae.likelihoods.support import check_values
from kvae.options.arguments import check_prior_cov, check_prior_mu


def as_message(prior_mu: Any, prior_cov: Any, n: int, latent_dim: int) -> dict[str, np.ndarray]:
    """A message as arrays: `prior_mu` `(n, latent_dim)` and `prior_cov`, those that are not None.

    Raises:
        ValueError: For other shapes, values that are not finite, or covariances that are not positive definite.
    """
    arrays = {}
    if prior_mu is not None:
        arrays["prior_mu"] = as_numbers("prior_mu", prior_mu)[0]
        check_prior_mu(arrays["prior_mu"].shape, n, latent_dim)
        check_values("prior_mu", arrays["prior_mu"])
    if prior_cov is not None:
        arrays["prior_cov"] = cov = as_numbers("prior_cov", prior_cov)[0]
        check_prior_cov(cov.shape, n, latent_dim)
        check_values("prior_cov", cov)
        if not (np.all(cov > 0) if cov.ndim == 2 else positive_definite(cov)):
            what = "variances > 0" if cov.ndim == 2 else "symmetric covariances that are positive definite"
            raise ValueError(f"`prior_cov` must hold {what}. Received: values from {cov.min():g} to {cov.max():g}")
    return arrays


def positive_definite(cov: np.ndarray) -> bool:
    """Whether all matrices `(n, d, d)` are symmetric, up to rounding, and positive definite."""
    if not np.allclose(cov, np.swapaxes(cov, 1, 2), rtol=1e-4, atol=1e-6):
        return False
    try:
        np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        return False
    return True
