"""The reparametrised draw from the posterior."""

from typing import Any

import keras
from keras import ops

from kvae.noise import standard_normal

Tensor = Any


@keras.saving.register_keras_serializable(package="kvae")
class Sampling(keras.layers.Layer):
    """Draw z = z_mean + exp(z_log_var / 2) * eps, eps ~ N(0, I) (Kingma and Welling 2014, section 2.4).

    Every call advances the layer's own generator by one step, so that the noise is a function of `seed` and
    of the number of calls. The count is saved with the weights: a reloaded model draws on from there.

    Args:
        seed: Optional int; 0 is a seed. Two layers with one seed draw the same eps.

    Call arguments:
        z_mean, z_log_var: Float tensors `(batch, latent_dim)`; natural log.
        n_samples: None, or the number of draws per observation, which becomes a new first axis.
        eps: Noise to use in place of the layer's own, of the shape of the result.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(
        self, z_mean: Tensor, z_log_var: Tensor, n_samples: int | None = None, eps: Tensor | None = None
    ) -> Tensor:
        if eps is None:
            shape = ops.shape(z_mean)
            eps = self.draw(shape if n_samples is None else (n_samples, *shape))
        return z_mean + ops.exp(0.5 * z_log_var) * ops.cast(eps, z_mean.dtype)

    def draw(self, shape: Any, jit_compile: bool = False) -> Tensor:
        """The next eps of the layer; see `kvae.noise.standard_normal`."""
        return standard_normal(shape, self.seed_generator, jit_compile)

    def reset(self, seed: int) -> None:
        """Start the noise again, as a new layer with `seed` would."""
        self.seed_generator.state.assign([seed, 0])

    def compute_output_shape(self, z_mean_shape, z_log_var_shape=None, n_samples=None, eps=None):
        return z_mean_shape if n_samples is None else (n_samples, *z_mean_shape)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store: Any) -> None:
        self.seed_generator.state.assign(store["seed_state"])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
