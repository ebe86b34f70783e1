"""The arguments of a user's own metric: arrays of some rows, in the data's own units."""

import math

import numpy as np

from kvae.data import InputSpec, Part
from kvae.model import VAE
from kvae.uses.evaluation.encoding import evenly_spread

# At most so many rows, and so many numbers of observations: all arrays are in memory at once.
ROWS, NUMBERS = 10_000, 2**26


def arrays_of(vae: VAE, part: Part, spec: InputSpec, prior_mu: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Observations, reconstructions, codes and labels of evenly spread rows. Draws no random numbers.

    At most 10,000 rows, and at most 2**26 numbers, are used. The names are those of `kvae.metrics.own.ARGUMENTS`;
    `labels` is left out where the data has none.

    Args:
        vae: The VAE.
        part: The rows, in the model's units.
        spec: Converts them to the data's own units.
        prior_mu: Prior means of all rows, `(n, latent_dim)`; None: 0.
    """
    rows = evenly_spread(len(part), min(ROWS, max(1, NUMBERS // math.prod(spec.shape))))
    x = part.x[rows]
    z_mean, z_log_var = vae.encode(x)
    found = {
        "x": spec.scaling.invert(x),
        "x_hat": spec.scaling.invert(vae.decode_of(z_mean, x)),
        "z_mean": z_mean,
        "z_log_var": z_log_var,
        "prior_mu": np.zeros_like(z_mean) if prior_mu is None else np.asarray(prior_mu)[rows],
    }
    return found if part.labels is None else found | {"labels": part.labels[rows]}
