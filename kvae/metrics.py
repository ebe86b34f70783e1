"""What is measured on a learnt model."""

import math

import numpy as np

ACTIVE_VARIANCE = 0.01


def active_units(z_mean: np.ndarray) -> int:
    """Latent dimensions whose posterior mean varies over observations by more than 0.01.

    Burda et al. (2016), section 5: `Cov_x(E_q[z])` above the threshold. `z_mean` is `(n, latent_dim)`.
    """
    return int(np.sum(np.var(z_mean, axis=0) > ACTIVE_VARIANCE))


def bits_per_dim(reconstruction: float, kl: float, shape: tuple[int, ...]) -> float:
    """The negative evidence lower bound in bits per dimension of the data, from nats per observation.

    For continuous data it counts the density of the scaled data, and may be negative.
    """
    return (reconstruction + kl) / (math.prod(shape) * math.log(2.0))
