"""A VAE as both sides of the coder need it: every number that coding depends on is the same on every machine."""

import numpy as np

import kvae


class CodingModel:
    """The exact networks of a VAE, its likelihood, and the name that tells it from every other model.

    Draws nothing.

    Attributes:
        fingerprint: 32 hexadecimal digits: of both exact networks, of the likelihood with its arguments, and of
            the coder's version. The same on every machine.
        data_shape: Shape of an observation.
        latent_dim: Length of a code.
        likelihood: What the decoder's output means.

    Args:
        vae: A learnt `kvae.VAE`.

    Raises:
        ValueError: For a continuous likelihood, or a layer without an exact counterpart.
    """

    fingerprint: str

    def __init__(self, vae: kvae.VAE):
        self.data_shape, self.latent_dim, self.likelihood = vae.data_shape, vae.latent_dim, vae.likelihood

    def precision(self, levels: np.ndarray) -> tuple[int, ...]:
        """How finely codes are written: those of dimension d are multiples of 2^-e_d; e_d of every dimension.

        Chosen from the posteriors of some rows, so that a step is no longer than a standard deviation there. Any
        choice gives a valid code; this one loses nothing worth counting.

        Args:
            levels: Some rows, `(n, *data_shape)`, each value an index into `likelihood.values()`.
        """
        raise NotImplementedError
