"""Codes to decode to new observations: from the prior, a mixture or a posterior, or interpolated between rows."""

import numpy as np

from kvae.data import Data
from kvae.uses.evaluation.code_mixture import fit_codes
from kvae.uses.evaluation.encoding import evenly_spread
from kvae.uses.normal_rows import normal_part
from kvae.uses.opened import Opened

# At most so many codes are used to fit a mixture.
MOST_ROWS = 5_000


def from_prior(n: int, latent_dim: int, prior_mu: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
    """Draws from N(prior_mu, I), `(n, latent_dim)`; `prior_mu` is `(n, latent_dim)`, one row for all, or 0."""
    noise = rng.standard_normal((n, latent_dim))
    return noise if prior_mu is None else prior_mu + noise


def from_mixture(n: int, learnt: Opened, data: Data, n_components: int, seed: int) -> np.ndarray:
    """Draws from a Gaussian mixture that is fitted to the codes of the learning rows, `(n, latent_dim)`.

    The ex-post density estimation of Ghosh et al. (2020), section 4: it covers the codes that were learnt,
    whereas the prior also covers gaps between them. Fits and draws from `seed`; at most 5,000 evenly spread
    rows are used.

    Raises:
        InputError: For fewer rows than components.
    """
    known = normal_part(learnt, data.train)
    z_mean, _ = learnt.vae.encode(known.x[evenly_spread(len(known), MOST_ROWS)])
    return fit_codes(z_mean, n_components, seed).sample(n, np.random.default_rng(seed))


def from_posterior(n: int, learnt: Opened, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws from the posterior of one observation `(1, *data_shape)`, `(n, latent_dim)`."""
    z_mean, z_log_var = learnt.vae.encode(x)
    return z_mean + np.exp(0.5 * z_log_var) * rng.standard_normal((n, z_mean.shape[1]))


def between(n: int, learnt: Opened, x: np.ndarray) -> np.ndarray:
    """Evenly spaced codes on the line from one observation to the other, ends included, `(n, latent_dim)`."""
    first, last = learnt.vae.encode(x)[0]
    return first + np.linspace(0.0, 1.0, n)[:, None] * (last - first)
