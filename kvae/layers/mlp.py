"""Fully connected encoder and decoder: Serket's network."""

import math
from collections.abc import Sequence

import keras
import numpy as np

from kvae.arguments import check_at_least, check_count, is_integer


def as_widths(hidden_dim: int | Sequence[int], name: str = "hidden_dim") -> list[int]:
    """Widths of the hidden layers from an int or a list.

    Raises:
        ValueError: For widths that are no integers >= 1.
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
        ValueError: For a `weight_stddev` that is no finite number > 0.
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


def mlp_encoder(
    data_shape: Sequence[int],
    latent_dim: int,
    hidden_encoder_dim: int | Sequence[int] = 100,
    weight_stddev: float | None = 0.1,
    activation: str = "relu",
) -> keras.Model:
    """Map observations `(batch, *data_shape)` to `z_mean`, `z_log_var`, each `(batch, latent_dim)`."""
    check_count("latent_dim", latent_dim)
    inputs = keras.Input(as_shape(data_shape), name="x")
    h = keras.layers.Flatten(name="flatten")(inputs)
    for i, width in enumerate(as_widths(hidden_encoder_dim, "hidden_encoder_dim"), 1):
        h = dense(width, activation, weight_stddev, f"hidden_{i}")(h)
    return keras.Model(inputs, posterior_heads(h, latent_dim, weight_stddev), name="encoder")


def mlp_decoder(
    data_shape: Sequence[int],
    latent_dim: int,
    hidden_decoder_dim: int | Sequence[int] = 100,
    weight_stddev: float | None = 0.1,
    activation: str = "relu",
) -> keras.Model:
    """Map latent codes `(batch, latent_dim)` to the likelihood's parameters `(batch, *data_shape)`."""
    check_count("latent_dim", latent_dim)
    data_shape = as_shape(data_shape)
    inputs = keras.Input((int(latent_dim),), name="z")
    h = inputs
    for i, width in enumerate(as_widths(hidden_decoder_dim, "hidden_decoder_dim"), 1):
        h = dense(width, activation, weight_stddev, f"hidden_{i}")(h)
    h = dense(math.prod(data_shape), None, weight_stddev, "output")(h)
    outputs = keras.layers.Reshape(data_shape, name="params")(h)
    return keras.Model(inputs, outputs, name="decoder")
