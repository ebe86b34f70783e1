"""The reparametrised draw from the posterior."""

from typing import Any

import keras
from keras import ops

from kvae.arguments import check_seed
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
        z_mean, z_log_var: Float tensors `(batch, latent_dim)`; natural log. A list of both will do.
        n_samples: None, or the number of draws per observation, which becomes a new first axis.
        eps: Noise to use in place of the layer's own, of the shape of the result.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any):
        check_seed(seed)
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(
        self, z_mean: Tensor, z_log_var: Tensor = None, n_samples: int | None = None, eps: Tensor | None = None
    ) -> Tensor:
        z_mean, z_log_var = both(z_mean, z_log_var)
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

    def compute_output_shape(self, z_mean_shape: Any, z_log_var_shape: Any = None) -> tuple:
        return tuple(z_mean_shape if z_log_var_shape is not None else both(z_mean_shape, None)[0])

    def compute_output_spec(
        self, z_mean: Any, z_log_var: Any = None, n_samples: int | None = None, eps: Any = None
    ) -> keras.KerasTensor:
        shape = tuple(both(z_mean, z_log_var)[0].shape)
        return keras.KerasTensor(shape if n_samples is None else (n_samples, *shape), dtype=self.compute_dtype)

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store: Any) -> None:
        self.seed_generator.state.assign(store["seed_state"])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def both(z_mean: Any, z_log_var: Any) -> tuple[Any, Any]:
    """`z_mean` and `z_log_var`, which may come as a list of the two.

    Raises:
        ValueError: When one is missing.
    """
    if z_log_var is not None:
        return z_mean, z_log_var
    if not isinstance(z_mean, list | tuple) or len(z_mean) != 2:
        raise ValueError("Sampling takes z_mean and z_log_var: call it as layer(z_mean, z_log_var). Received: one")
    return z_mean[0], z_mean[1]
