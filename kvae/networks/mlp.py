"""Fully connected encoder and decoder: Serket's network."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kvae.networks.options import DecoderWidths, EncoderWidths, WeightStddev
from kvae.options.arguments import check_count

if TYPE_CHECKING:
    import keras


def mlp_encoder(
    data_shape: Sequence[int],
    latent_dim: int,
    hidden_encoder_dim: EncoderWidths = 100,
    weight_stddev: WeightStddev = 0.1,
    activation: str = "relu",
) -> "keras.Model":
    """Build a dense encoder: observations `(batch, *data_shape)` to `z_mean`, `z_log_var`.

    Both outputs are `(batch, latent_dim)`. The initial weights are from N(0, weight_stddev^2), or Glorot's for a
    `weight_stddev` of None.
    """
    import keras

    from kvae.layers import as_shape, as_widths, dense, posterior_heads

    check_count("latent_dim", latent_dim)
    inputs = keras.Input(as_shape(data_shape), name="x")
    h = keras.layers.Flatten(name="flatten")(inputs)
    for i, width in enumerate(as_widths(hidden_encoder_dim, "hidden_encoder_dim"), 1):
        h = dense(width, activation, weight_stddev, f"hidden_{i}")(h)
    return keras.Model(inputs, posterior_heads(h, latent_dim, weight_stddev), name="encoder")


def mlp_decoder(
    data_shape: Sequence[int],
    latent_dim: int,
    hidden_decoder_dim: DecoderWidths = 100,
    weight_stddev: WeightStddev = 0.1,
    activation: str = "relu",
) -> "keras.Model":
    """Build a dense decoder: codes `(batch, latent_dim)` to the likelihood's parameters `(batch, *data_shape)`."""
    import keras

    from kvae.layers import as_shape, as_widths, dense

    check_count("latent_dim", latent_dim)
    data_shape = as_shape(data_shape)
    inputs = keras.Input((int(latent_dim),), name="z")
    h = inputs
    for i, width in enumerate(as_widths(hidden_decoder_dim, "hidden_decoder_dim"), 1):
        h = dense(width, activation, weight_stddev, f"hidden_{i}")(h)
    h = dense(math.prod(data_shape), None, weight_stddev, "output")(h)
    outputs = keras.layers.Reshape(data_shape, name="params")(h)
    return keras.Model(inputs, outputs, name="decoder")
