"""A learnt encoder and decoder as Keras models that take and give the data's own units. They draw nothing."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.data import InputSpec, Scaling
from kvae.layers import bounded_log_var
from kvae.model import VAE

Tensor = Any


def serving_encoder(vae: VAE, spec: InputSpec) -> keras.Model:
    """From `x` `(batch, *data_shape)` in the data's own units to a dictionary of the posterior.

    `z_mean` and `z_log_var` are `(batch, latent_dim)`, float32; the latter is a natural logarithm, bounded as
    `kvae.layers` says. Scaling, clipping and `binarize=threshold` are part of it; `dynamic` is not, since it
    draws. Changes networks of mixed precision to float32, those of `vae` as well.

    A row with NaN gives NaN, except for a table, where NaN is a missing value.
    """
    x = keras.Input(vae.data_shape, name="x", dtype="float32")
    scaled = ToModelUnits(spec, name="to_model_units", dtype="float32")(x)
    given = None if spec.table is not None else x
    posterior = Posterior(name="posterior", dtype="float32")(in_float32(vae.encoder)(scaled), given)
    return keras.Model(x, posterior, name="encoder")


def serving_decoder(vae: VAE, spec: InputSpec) -> keras.Model:
    """From `z` `(batch, latent_dim)` to a dictionary of the mean of p(x|z).

    `x_hat` is `(batch, *data_shape)`, float32, in the data's own units. Precision and NaN as in `serving_encoder`.
    """
    z = keras.Input((vae.latent_dim,), name="z", dtype="float32")
    mean = Mean(vae.likelihood, spec.scaling, name="mean", dtype="float32")(in_float32(vae.decoder)(z), z)
    return keras.Model(z, mean, name="decoder")


def in_float32(network: keras.Model) -> keras.Model:
    """`network`, changed so that its layers compute in the precision of their weights: runtimes lack bfloat16."""
    for layer in network._flatten_layers():
        if layer.dtype_policy.compute_dtype != layer.dtype_policy.variable_dtype:
            layer.dtype_policy = layer.dtype_policy.variable_dtype
    return network


class ToModelUnits(keras.layers.Layer):
    """What `InputSpec` does to observations before a model sees them, `(batch, *data_shape)`."""

    def __init__(self, spec: InputSpec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scaling = spec.scaling
        self.threshold = spec.binarize == "threshold"
        # An offset such as 1e6 has digits beyond float32. The remainder is subtracted after the division, since
        # graph optimisers would merge two constants that are subtracted one after the other.
        offset, divisor = np.asarray(spec.scaling.offset, np.float64), spec.scaling.divisor
        self.offset, self.divisor = as_float32(offset), as_float32(divisor)
        self.rest = as_float32((offset - self.offset) / divisor)

    def call(self, x: Tensor) -> Tensor:
        if self.scaling.kind != "none":
            x = (x - self.offset) / self.divisor - self.rest
        if self.scaling.clip:
            x = ops.clip(x, 0.0, 1.0)
        return ops.cast(x > 0.5, "float32") if self.threshold else x


class Posterior(keras.layers.Layer):
    """An encoder's two outputs by name, each `(batch, latent_dim)`, the log-variance bounded."""

    def call(self, heads: Any, given: Tensor | None = None) -> dict[str, Tensor]:
        z_mean, z_log_var = (ops.cast(head, "float32") for head in heads)
        found = {"z_mean": z_mean, "z_log_var": bounded_log_var(z_log_var)}
        return found if given is None else {name: with_nan(values, given) for name, values in found.items()}


class Mean(keras.layers.Layer):
    """The mean of p(x|z) in the data's own units, `(batch, *data_shape)`, from a decoder's output."""

    def __init__(self, likelihood: keras.layers.Layer, scaling: Scaling, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.likelihood = likelihood
        self.scaled = scaling.kind != "none"
        self.offset, self.divisor = as_float32(scaling.offset), as_float32(scaling.divisor)

    def build(self, params_shape: Any, given_shape: Any = None) -> None:
        if not self.likelihood.built:
            self.likelihood.build(params_shape)

    def call(self, params: Tensor, given: Tensor) -> dict[str, Tensor]:
        x_hat = ops.cast(self.likelihood.mean(ops.cast(params, "float32")), "float32")
        return {"x_hat": with_nan(x_hat * self.divisor + self.offset if self.scaled else x_hat, given)}


def with_nan(values: Tensor, given: Tensor) -> Tensor:
    """`values` `(batch, ...)`, NaN in the rows where `given` `(batch, ...)` has a NaN.

    Networks lose it: a graph's ReLU, fused with the product before it, makes it 0, as `binarize=threshold` does.
    """
    lost = ops.any(ops.isnan(given), axis=tuple(range(1, len(given.shape))))
    return ops.where(ops.reshape(lost, (-1, *[1] * (len(values.shape) - 1))), np.float32(np.nan), values)


def as_float32(values: Any) -> np.ndarray:
    """Numbers of a scaling as float32."""
    return np.asarray(values, np.float32)
