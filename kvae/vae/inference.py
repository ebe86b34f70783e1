"""Methods of a VAE that encode, decode, reconstruct and generate: NumPy in, NumPy out."""

import keras
import numpy as np
from keras import ops

from kvae.data.observations import as_observations
from kvae.data.stored import Rows
from kvae.networks.forward import with_training
from kvae.options.arguments import check_count
from kvae.vae.drawing import drawing
from kvae.vae.in_batches import InBatches
from kvae.vae.terms import condition_missing

# What `generate` returns for a code: the mean of p(x|z), or a draw from it.
DRAWS = ("mean", "sample")


class Inference(InBatches):
    """Methods of `kvae.VAE` for arrays of any length, computed in batches of a bounded size.

    Observations `x` have shape `(n, *data_shape)`, in the scale of the data that the model has learnt. Messages
    `prior_mu` have shape `(n, latent_dim)`; None means 0. Methods that draw take a `seed`; those with a default of
    0 give the same numbers every time, those with None continue from the last draw.
    """

    def encode(self, x: Rows, batch_size: int = 1024) -> tuple[np.ndarray, np.ndarray]:
        """Posterior of every observation: `z_mean` and `z_log_var`, each `(n, latent_dim)`. Draws nothing."""
        z_mean, z_log_var = self._in_batches(self.posterior, (self._rows(x),), batch_size)
        return z_mean, z_log_var

    def decode(self, z: np.ndarray, batch_size: int = 1024, condition: Rows | None = None) -> np.ndarray:
        """Mean of p(x|z), `(n, *data_shape)`, of codes `(n, latent_dim)`. Draws nothing.

        A conditional VAE needs `condition`, rows `(n, n_columns)`: only the columns of its condition count, the
        others may be NaN.
        """
        z = as_observations("z", z, (self.latent_dim,))
        return self._in_batches(self._decoded_mean, (z, *self._check_condition(condition, len(z))), batch_size)[0]

    def decoded_params(self, z: np.ndarray, batch_size: int = 1024) -> np.ndarray:
        """The likelihood's parameters, `(n, *param_shape)`, of codes `(n, latent_dim)`. Draws nothing."""
        z = as_observations("z", z, (self.latent_dim,))
        return self._in_batches(self._decoded_params, (z,), batch_size)[0]

    def decode_of(self, z: np.ndarray, x: Rows) -> np.ndarray:
        """`decode` of the codes of rows `x`, which are the condition if the VAE is conditional."""
        return self.decode(z, condition=x if self.likelihood.given else None)

    def reconstruct(self, x: Rows, batch_size: int = 1024) -> np.ndarray:
        """Mean of p(x|z) at the posterior mean z of every `x`, `(n, *data_shape)`. Draws nothing."""
        return self._in_batches(self._reconstructed_mean, (self._rows(x),), batch_size)[0]

    @drawing
    def sample_posterior(self, x: np.ndarray, seed: int | None = None, batch_size: int = 1024) -> np.ndarray:
        """One draw z ~ q(z|x) per observation, `(n, latent_dim)`."""
        self._restart_noise(seed)
        return self._in_batches(self._sampled_code, (self._check_x(x),), batch_size)[0]

    @drawing
    def sample_likelihood(
        self, z: np.ndarray, seed: int | None = None, batch_size: int = 1024, condition: Rows | None = None
    ) -> np.ndarray:
        """One draw x ~ p(x|z) per code of `z` `(n, latent_dim)`, `(n, *data_shape)`; `condition` as in `decode`.

        Raises:
            ValueError: For a likelihood of your own that has no `sample`.
        """
        z = as_observations("z", z, (self.latent_dim,))
        if not self.likelihood.draws:
            raise ValueError(
                f"{type(self.likelihood).__name__} cannot draw: give it a method sample(params, rng), or use the "
                "mean"
            )
        rows = self._check_condition(condition, len(z))
        self._restart_noise(seed)
        rng = np.random.default_rng(ops.convert_to_numpy(self.evaluation_sampling.seed_generator.next()))
        x = np.empty((len(z), *self.data_shape), keras.config.floatx())
        for start in range(0, len(z), batch_size):
            own = slice(start, start + batch_size)
            batch = (z[own], *(one[own] for one in rows))
            x[own] = self.likelihood.sample(self._in_batches(self._decoded_params, batch, batch_size)[0], rng)
        for one in rows:
            x[:, self.likelihood.given] = one[:, self.likelihood.given]
        return x

    @drawing
    def generate(
        self,
        n: int,
        prior_mu: np.ndarray | None = None,
        seed: int | None = None,
        batch_size: int = 1024,
        draw: str = "mean",
        condition: Rows | None = None,
    ) -> np.ndarray:
        """Mean of p(x|z), or a draw from it, for `n` draws z ~ N(prior_mu, I), `(n, *data_shape)`.

        Args:
            n: How many.
            prior_mu: `(n, latent_dim)`; None: 0.
            seed: Source of the draws; one seed gives the same codes whatever `draw` is.
            batch_size: Codes that are decoded at once.
            draw: `mean`, or `sample`: with the noise of the likelihood.
            condition: As in `decode`.

        Raises:
            ValueError: When `n` is no integer >= 1, `prior_mu` is not `(n, latent_dim)`, or `draw` is neither.
        """
        check_count("n", n)
        check_draw(draw)
        self._restart_noise(seed)
        prior_mu = self._check_prior_mu(prior_mu, n)
        if draw == "sample":
            z = self._in_batches(self._generated_code, (prior_mu,), batch_size)[0]
            return self.sample_likelihood(z, None, batch_size, condition)
        rows = self._check_condition(condition, n)
        return self._in_batches(self._generated_mean, (prior_mu, *rows), batch_size)[0]

    def _check_condition(self, condition: Rows | None, n: int) -> tuple[np.ndarray, ...]:
        """The rows of the condition, checked: a tuple of one array, or of none if the model is not conditional."""
        if not self.likelihood.given:
            if condition is not None:
                raise ValueError("`condition` is for a conditional VAE: this model has none. Received: condition")
            return ()
        if condition is None:
            raise ValueError(condition_missing(self.likelihood))
        rows = as_observations("condition", condition, self.data_shape, self.likelihood.support, self.columns)
        if len(rows) != n:
            raise ValueError(f"`condition` must have a row per code, {n}. Received: {len(rows)}")
        return (np.asarray(rows, keras.config.floatx()),)

    # The functions that are compiled: tensors of one batch in, tensors out.

    def _decoded_mean(self, z, x=None):
        x_hat = self.likelihood.mean(self._decoded_params(z, x))
        return x_hat if x is None else self.with_given(x_hat, x)

    def _decoded_numbers(self, z):
        return self.likelihood.mean_of_numbers(self._decoded_params(z, None))

    def _reconstructed_mean(self, x):
        z_mean = with_training(self.posterior, False)(x)[0]
        return self._decoded_mean(z_mean, x if self.likelihood.given else None)

    def _sampled_code(self, x):
        return self.evaluation_sampling(*with_training(self.posterior, False)(x))

    def _decoded_params(self, z, x=None):
        return with_training(self.decoded, False)(z if x is None else self.told(z, x))

    def _generated_code(self, prior_mu):
        return self.evaluation_sampling(prior_mu, ops.zeros_like(prior_mu))

    def _generated_mean(self, prior_mu, x=None):
        return self._decoded_mean(self._generated_code(prior_mu), x)


def check_draw(draw: str) -> None:
    """Raise ValueError unless `draw` is `mean` or `sample`."""
    if draw not in DRAWS:
        raise ValueError(f"`draw` must be one of {', '.join(DRAWS)}. Received: draw={draw!r}")
