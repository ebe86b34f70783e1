"""The parts of networks: the draw from the posterior, bounded log-variances, dense layers and heads."""

import importlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kvae.exact import ops
from kvae.options.arguments import check_at_least, check_count, check_seed, is_integer

Tensor = Any

# Names that earlier versions defined here, and the modules that define them now.
ELSEWHERE = {
    "conv_decoder": "kvae.networks.conv",
    "conv_encoder": "kvae.networks.conv",
    "mlp_decoder": "kvae.networks.mlp",
    "mlp_encoder": "kvae.networks.mlp",
    "LIKELIHOODS": "kvae.likelihoods.lookup",
    "Likelihood": "kvae.likelihoods.base",
    "gaussian_kl": "kvae.objective",
}


def __getattr__(name: str) -> Any:
    module = ELSEWHERE.get(name) or importlib.import_module("kvae.likelihoods.lookup").module_of(name)
    if module is not None:
        return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module 'kvae.layers' has no attribute {name!r}")


@keras.saving.register_keras_serializable(package="kvae")
class Sampling(keras.layers.Layer):
    """Draw z = z_mean + exp(z_log_var / 2) * eps, eps ~ N(0, I) (Kingma and Welling 2014, section 2.4).

    Every call advances the layer's own generator by one step, so that the noise is a function of `seed` and
    of the number of calls. The count is saved with the weights: a reloaded model continues from there.

    Args:
        seed: Optional int; 0 is a seed. Two layers with one seed draw the same eps.

    Call arguments:
        z_mean, z_log_var: Float tensors `(batch, latent_dim)`; natural log. One list of both works as well.
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

    def draw(self, shape: Any, jit_compile: bool = False, algorithm: str = "philox") -> Tensor:
        """The next eps of the layer; see `kvae.layers.standard_normal`."""
        return standard_normal(shape, self.seed_generator, jit_compile, algorithm)

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
    """`z_mean` and `z_log_var`, from two arguments or from one list of both.

    Raises:
        ValueError: When one is missing.
    """
    if z_log_var is not None:
        return z_mean, z_log_var
    if not isinstance(z_mean, list | tuple) or len(z_mean) != 2:
        n = len(z_mean) if isinstance(z_mean, list | tuple) else 1
        raise ValueError(f"Sampling takes 2 tensors: call it as layer(z_mean, z_log_var). Received: {n}")
    return z_mean[0], z_mean[1]


def standard_normal(
    shape: Any,
    seed_generator: keras.random.SeedGenerator,
    jit_compile: bool = False,
    algorithm: str = "philox",
) -> Tensor:
    """Draw float32 N(0, 1) of `shape`, advancing `seed_generator` by one step.

    On TensorFlow the generator is Philox (Salmon et al. 2011), named explicitly: the one that XLA chooses by
    itself made a training step on the bundled digits four times as long (8 ms, not 2 ms, on two cores). Draws
    inside XLA differ from those outside it, as with `keras.random`; `jit_compile=True` gives those of XLA. Inside
    XLA only, `algorithm` may be `threefry` (of the same paper), which takes half of Philox's time.
    """
    if keras.backend.backend() != "tensorflow":
        return keras.random.normal(shape, dtype="float32", seed=seed_generator)
    import tensorflow as tf

    def draw(seed: Tensor) -> Tensor:
        return tf.random.stateless_normal(shape, seed, alg=algorithm)

    seed = tf.cast(seed_generator.next(), tf.int32)
    return tf.function(draw, jit_compile=True)(seed) if jit_compile else draw(seed)


# Standard deviations from 3e-7 to 2e4: more than any posterior needs, and far from the limits of float32.
LOWEST_LOG_VAR, HIGHEST_LOG_VAR = -30.0, 20.0


def bounded_log_var(log_var: Tensor) -> Tensor:
    """`log_var` within [-30, 20], by `bounded`, so that neither its exponential nor the inverse of that overflows.

    Args:
        log_var: Natural logarithms of variances, of any shape.
    """
    return bounded(log_var, LOWEST_LOG_VAR, HIGHEST_LOG_VAR)


def bounded(values: Tensor, lowest: float, highest: float) -> Tensor:
    """`values` within [lowest, highest].

    Within the range it is the identity, to the bit. Its gradient is 1 everywhere, so that training can move a
    value outside the range back into it; the gradient of a plain clip is 0 there (straight-through; Bengio et al.
    2013, section 4). Draws nothing.
    """
    clipped = ops.clip(values, lowest, highest)
    return ops.stop_gradient(clipped) + (values - ops.stop_gradient(values))  # the difference is 0


def as_widths(hidden_dim: int | Sequence[int], name: str = "hidden_dim") -> list[int]:
    """Widths of the hidden layers from an int or a list.

    Raises:
        ValueError: For widths that are not integers >= 1.
    """
    widths: list = list(hidden_dim) if isinstance(hidden_dim, list | tuple | np.ndarray) else [hidden_dim]
    for width in widths:
        check_count(name, width)
    return [int(width) for width in widths]


def as_shape(data_shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of an observation as a tuple of integers.

    Raises:
        ValueError: For anything else.
    """
    shape = tuple(data_shape) if isinstance(data_shape, list | tuple | np.ndarray) else (data_shape,)
    if not shape or not all(is_integer(length) and length >= 1 for length in shape):
        raise ValueError(
            "`data_shape` must be the shape of an observation, such as (784,). "
            f"Received: data_shape={data_shape!r}"
        )
    return tuple(int(length) for length in shape)


def dense(units: int, activation: str | None, weight_stddev: float | None, name: str) -> keras.layers.Dense:
    """A dense layer with weights from N(0, weight_stddev^2), or Glorot's when `weight_stddev` is None.

    Raises:
        ValueError: For a `weight_stddev` that is not a finite number > 0.
    """
    if weight_stddev is None:
        initializer = keras.initializers.GlorotUniform()
    else:
        check_at_least("weight_stddev", weight_stddev, above=True)
        initializer = keras.initializers.RandomNormal(stddev=weight_stddev)
    return keras.layers.Dense(int(units), activation, kernel_initializer=initializer, name=name)


def posterior_heads(h: keras.KerasTensor, latent_dim: int, weight_stddev: float | None) -> list:
    """The two linear outputs of an encoder: `z_mean` and `z_log_var`, each `(batch, latent_dim)`."""
    return [
        dense(latent_dim, None, weight_stddev, "z_mean")(h),
        dense(latent_dim, None, weight_stddev, "z_log_var")(h),
    ]
