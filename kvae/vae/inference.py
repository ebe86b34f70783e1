"""What people do with a VAE: encode, decode, reconstruct, generate. NumPy in, NumPy out."""

import keras
import numpy as np
from keras import ops

from kvae.data.observations import as_observations
from kvae.data.stored import Rows
from kvae.networks.forward import with_training
from kvae.options.arguments import check_count
from kvae.vae.in_batches import InBatches

# What is made of a code: the mean of p(x|z), or a draw from it.
DRAWS = ("mean", "sample")


class Inference(InBatches):
    """Methods of `kvae.VAE` for arrays of any length, computed in batches of a bounded size.

    Observations `x` have shape `(n, *data_shape)` and need no scaling beyond what the model learnt on.
    Messages `prior_mu` have shape `(n, latent_dim)`; None means 0. Methods that draw take a `seed`; those with
    a default of 0 give the same numbers every time, those with None go on from the last draw.
    """

    def encode(self, x: Rows, batch_size: int = 1024) -> tuple[np.ndarray, np.ndarray]:
        """Posterior of every observation: `z_mean` and `z_log_var`, each `(n, latent_dim)`. Draws nothing."""
        z_mean, z_log_var = self._in_batches(self.posterior, (self._check_x(x),), batch_size)
        return z_mean, z_log_var

    def decode(self, z: np.ndarray, batch_size: int = 1024) -> np.ndarray:
        """Mean of p(x|z), `(n, *data_shape)`, of codes `(n, latent_dim)`. Draws nothing."""
        z = as_observations("z", z, (self.latent_dim,))
        return self._in_batches(self._decoded_mean, (z,), batch_size)[0]

    def reconstruct(self, x: Rows, batch_size: int = 1024) -> np.ndarray:
        """Mean of p(x|z) at the posterior mean z of every `x`, `(n, *data_shape)`. Draws nothing."""
        return self._in_batches(self._reconstructed_mean, (self._check_x(x),), batch_size)[0]

    def sample_posterior(self, x: np.ndarray, seed: int | None = None, batch_size: int = 1024) -> np.ndarray:
        """One draw z ~ q(z|x) per observation, `(n, latent_dim)`."""
        self._restart_noise(seed)
        return self._in_batches(self._sampled_code, (self._check_x(x),), batch_size)[0]

    def sample_likelihood(self, z: np.ndarray, seed: int | None = None, batch_size: int = 1024) -> np.ndarray:
        """One draw x ~ p(x|z) per code of `z` `(n, latent_dim)`, `(n, *data_shape)`.

        Raises:
            ValueError: For a likelihood of your own that has no `sample`.
        """
        z = as_observations("z", z, (self.latent_dim,))
        if not self.likelihood.draws:
            raise ValueError(
                f"{type(self.likelihood).__name__} draws nothing: give it a method sample(params, rng), or take "
                "the mean"
            )
        self._restart_noise(seed)
        rng = np.random.default_rng(ops.convert_to_numpy(self.evaluation_sampling.seed_generator.next()))
        x = np.empty((len(z), *self.data_shape), keras.config.floatx())
        for start in range(0, len(z), batch_size):
            params = self._in_batches(self._decoded_params, (z[start : start + batch_size],), batch_size)[0]
            x[start : start + batch_size] = self.likelihood.sample(params, rng)
        return x

    def generate(
        self,
        n: int,
        prior_mu: np.ndarray | None = None,
        seed: int | None = None,
        batch_size: int = 1024,
        draw: str = "mean",
    ) -> np.ndarray:
        """Mean of p(x|z), or a draw from it, for `n` draws z ~ N(prior_mu, I), `(n, *data_shape)`.

        Args:
            n: How many.
            prior_mu: `(n, latent_dim)`; None: 0.
            seed: Source of the draws; one seed gives the same codes whatever `draw` is.
            batch_size: Codes that are decoded at once.
            draw: `mean`, or `sample`: with the noise of the likelihood.

        Raises:
            ValueError: When `n` is no integer >= 1, `prior_mu` is not `(n, latent_dim)`, or `draw` is neither.
        """
        check_count("n", n)
        check_draw(draw)
        self._restart_noise(seed)
        prior_mu = self._check_prior_mu(prior_mu, n)
        if draw == "sample":
            z = self._in_batches(self._generated_code, (prior_mu,), batch_size)[0]
            return self.sample_likelihood(z, None, batch_size)
        return self._in_batches(self._generated_mean, (prior_mu,), batch_size)[0]

    # The functions that are compiled: tensors of one batch in, tensors out.

    def _decoded_mean(self, z):
        return self.likelihood.mean(with_training(self.decoded, False)(z))

    def _reconstructed_mean(self, x):
        return self._decoded_mean(with_training(self.posterior, False)(x)[0])

    def _sampled_code(self, x):
        return self.evaluation_sampling(*with_training(self.posterior, False)(x))

    def _decoded_params(self, z):
        return with_training(self.decoded, False)(z)

    def _generated_code(self, prior_mu):
        return self.evaluation_sampling(prior_mu, ops.zeros_like(prior_mu))

    def _generated_mean(self, prior_mu):
        return self._decoded_mean(self._generated_code(prior_mu))


def check_draw(draw: str) -> None:
    """Raise ValueError unless `draw` is `mean` or `sample`."""
    if draw not in DRAWS:
        raise ValueError(f"`draw` must be one of {', '.join(DRAWS)}. Received: draw={draw!r}")
