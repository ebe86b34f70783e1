"""Convolutional encoder and decoder for images of any height and width."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kvae.networks.options import DecoderWidths, EncoderWidths, Filters, WeightStddev
from kvae.options.arguments import check_count

if TYPE_CHECKING:
    import keras


def check_image_shape(data_shape: Sequence[int]) -> tuple[int, int, int]:
    """`data_shape` as (height, width, channels).

    Raises:
        ValueError: When it has not three axes.
    """
    from kvae.layers import as_shape

    if len(as_shape(data_shape)) != 3:
        raise ValueError(
            "a convolutional model needs images: `data_shape` must be (height, width, channels). "
            f"Received: data_shape={tuple(data_shape)}"
        )
    height, width, channels = data_shape
    return height, width, channels


def as_filters(filters: int | Sequence[int]) -> list[int]:
    """Numbers of filters as a list, from an int or a list with at least one entry.

    Raises:
        ValueError: For an empty list, or entries that are not integers >= 1.
    """
    from kvae.layers import as_widths

    widths = as_widths(filters, "filters")
    if not widths:
        raise ValueError("`filters` must hold a number for each convolution, at least one. Received: filters=[]")
    return widths


def conv_encoder(
    data_shape: Sequence[int],
    latent_dim: int,
    filters: Filters = (32, 64),
    hidden_encoder_dim: EncoderWidths = 128,
    weight_stddev: WeightStddev = None,
    activation: str = "relu",
) -> "keras.Model":
    """Build a convolutional encoder: images `(batch, height, width, channels)` to `z_mean`, `z_log_var`.

    Both outputs are `(batch, latent_dim)`. Each entry of `filters` is the number of filters of a 3 x 3
    convolution, which halves height and width (rounded up).
    """
    import keras

    from kvae.layers import as_widths, dense, posterior_heads

    check_count("latent_dim", latent_dim)
    filters = as_filters(filters)
    inputs = keras.Input(check_image_shape(data_shape), name="x")
    h = inputs
    for i, n_filters in enumerate(filters, 1):
        h = keras.layers.Conv2D(n_filters, 3, strides=2, padding="same", activation=activation, name=f"conv_{i}")(
            h
        )
    h = keras.layers.Flatten(name="flatten")(h)
    for i, width in enumerate(as_widths(hidden_encoder_dim, "hidden_encoder_dim"), 1):
        h = dense(width, activation, weight_stddev, f"hidden_{i}")(h)
    return keras.Model(inputs, posterior_heads(h, latent_dim, weight_stddev), name="encoder")


def conv_decoder(
    data_shape: Sequence[int],
    latent_dim: int,
    filters: Filters = (32, 64),
    hidden_decoder_dim: DecoderWidths = 128,
    weight_stddev: WeightStddev = None,
    activation: str = "relu",
) -> "keras.Model":
    """Build a convolutional decoder: codes `(batch, latent_dim)` to the likelihood's parameters.

    The output is `(batch, height, width, channels)`. It mirrors `conv_encoder`: each entry of `filters`, from the
    last to the first, is a transposed convolution that doubles height and width. Rows and columns that rounding
    up added are cropped at the end.
    """
    import keras

    from kvae.layers import as_widths, dense

    check_count("latent_dim", latent_dim)
    height, width, channels = check_image_shape(data_shape)
    filters = as_filters(filters)
    scale = 2 ** len(filters)
    rows, columns = -(-height // scale), -(-width // scale)
    inputs = keras.Input((int(latent_dim),), name="z")
    h = inputs
    for i, units in enumerate(as_widths(hidden_decoder_dim, "hidden_decoder_dim"), 1):
        h = dense(units, activation, weight_stddev, f"hidden_{i}")(h)
    h = dense(rows * columns * filters[-1], activation, weight_stddev, "unflatten")(h)
    h = keras.layers.Reshape((rows, columns, filters[-1]), name="grid")(h)
    for i, n_filters in enumerate(reversed(filters), 1):
        h = keras.layers.Conv2DTranspose(
            n_filters, 3, strides=2, padding="same", activation=activation, name=f"conv_{i}"
        )(h)
    h = keras.layers.Conv2D(channels, 3, padding="same", name="output")(h)
    excess = ((0, rows * scale - height), (0, columns * scale - width))
    outputs = keras.layers.Cropping2D(excess, name="params")(h)
    return keras.Model(inputs, outputs, name="decoder")
