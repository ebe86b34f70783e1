"""A Gaussian mixture fitted to the codes of a VAE that was learnt without one."""

import logging
from dataclasses import dataclass, replace

import numpy as np

from kvae.errors import InputError
from kvae.metrics import ACTIVE_VARIANCE
from kvae.modules.mixture import Mixture, fit_mixture

log = logging.getLogger(__name__)

N_STARTS = 4
# Weights drawn towards each other find classes of one size better than free ones, and those of very different
# sizes little worse: measured in docs/results.md.
CONCENTRATION = 3.0


@dataclass(frozen=True)
class CodeMixture:
    """A mixture on the active latent dimensions; in the others codes hardly vary.

    Attributes:
        mixture: On the dimensions that are `used`; its weights are more alike than the shares.
        shares: What share of the codes each component has, `(K,)`: so often is it drawn from.
        used: Which those are, booleans `(latent_dim,)`.
        mean: Mean code, `(latent_dim,)`.
    """

    mixture: Mixture
    shares: np.ndarray
    used: np.ndarray
    mean: np.ndarray

    def classes(self, z: np.ndarray) -> np.ndarray:
        """The most probable component of every code, `(n,)`."""
        return self.mixture.responsibilities(z[:, self.used])[0].argmax(axis=1)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` codes, `(n, latent_dim)`: drawn where dimensions are active, the mean elsewhere."""
        z = np.tile(self.mean, (n, 1))
        z[:, self.used] = replace(self.mixture, weights=self.shares).sample(n, rng)
        return z


def fit_codes(z: np.ndarray, n_components: int, seed: int) -> CodeMixture:
    """Fit a mixture to codes `(n, latent_dim)`; draws its starts from `seed`.

    Dimensions that hold nothing are left out: in many of them the prior of the covariances would outweigh what
    tells components apart, and one would take all rows.

    Raises:
        InputError: For fewer codes than components.
    """
    if len(z) <= n_components:
        raise InputError(
            f"mode.n_components must be below the number of learning rows, {len(z)}. Received: {n_components}"
        )
    z = np.asarray(z, np.float64)
    used = z.var(axis=0) > ACTIVE_VARIANCE
    if not used.any():
        used[:] = True
    log.info("fitting a mixture of %d to %s codes", n_components, f"{len(z):,}")
    fit = fit_mixture(z[:, used], n_components, seed=seed, n_starts=N_STARTS, concentration=CONCENTRATION)
    return CodeMixture(fit.mixture, fit.r.mean(axis=0), used, z.mean(axis=0))
