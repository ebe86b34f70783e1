"""A Gaussian mixture fitted to the codes of a VAE that was learnt without one."""

import logging
from dataclasses import dataclass, replace

import numpy as np

from kvae.errors import InputError
from kvae.metrics import ACTIVE_VARIANCE
from kvae.modules.mixture import Mixture, fit_mixture

log = logging.getLogger(__name__)

N_STARTS = 4
# A prior that draws the weights towards each other finds classes of equal size better than free weights do, and
# classes of very different sizes only slightly worse: measured in docs/results.md.
CONCENTRATION = 3.0


@dataclass(frozen=True)
class CodeMixture:
    """A mixture on the active latent dimensions; in the others codes hardly vary.

    Attributes:
        mixture: The mixture on the dimensions in `used`; its weights are more equal than `shares`.
        shares: Share of the codes in each component, `(K,)`: the weights for drawing.
        used: Which dimensions are used, booleans `(latent_dim,)`.
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
        """Draw `n` codes, `(n, latent_dim)`; inactive dimensions have the mean code. Uses `rng`."""
        z = np.tile(self.mean, (n, 1))
        z[:, self.used] = replace(self.mixture, weights=self.shares).sample(n, rng)
        return z


def fit_codes(z: np.ndarray, n_components: int, seed: int) -> CodeMixture:
    """Fit a mixture to codes `(n, latent_dim)`; draws its starts from `seed`.

    Inactive dimensions are left out: with many of them the prior of the covariances would outweigh the differences
    between components, and one component would take all rows.

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
    log.info("fitting a mixture of %d components to %s codes", n_components, f"{len(z):,}")
    fit = fit_mixture(z[:, used], n_components, seed=seed, n_starts=N_STARTS, concentration=CONCENTRATION)
    return CodeMixture(fit.mixture, fit.r.mean(axis=0), used, z.mean(axis=0))
