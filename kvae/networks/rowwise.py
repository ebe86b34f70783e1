"""Find out whether a network treats each row of a batch independently, so that batches may be padded.

Padding rows have weight 0 in the loss. Batch normalization and activity regularizers, however, take means over all
rows of a batch, so padding would change what is learnt. Layers that are not listed here count as dependent.
"""

from collections.abc import Iterator
from typing import Any

import keras

# Layers that treat rows independently, draw no random numbers, keep no state between batches, and add no loss.
APART = """
    Activation Add Average AveragePooling1D AveragePooling2D AveragePooling3D Concatenate Conv1D
    Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose Cropping1D Cropping2D Cropping3D Dense
    DepthwiseConv1D DepthwiseConv2D ELU Flatten GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization
    Identity InputLayer LayerNormalization LeakyReLU MaxPooling1D MaxPooling2D MaxPooling3D Maximum
    Minimum Multiply PReLU Permute RMSNormalization ReLU RepeatVector Rescaling Reshape SeparableConv1D
    SeparableConv2D Softmax Subtract UnitNormalization UpSampling1D UpSampling2D UpSampling3D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
# Layers of which the same is true in inference mode only.
APART_IN_INFERENCE = """
    AlphaDropout BatchNormalization Dropout GaussianDropout GaussianNoise SpatialDropout1D
    SpatialDropout2D SpatialDropout3D
"""


def classes(names: str) -> frozenset[type]:
    """The layers of Keras with these names, as far as the installed version has them."""
    return frozenset(getattr(keras.layers, name) for name in names.split() if hasattr(keras.layers, name))


IN_TRAINING = classes(APART)
IN_INFERENCE = classes(APART + APART_IN_INFERENCE)


def rows_are_independent(*networks: keras.layers.Layer, training: bool) -> bool:
    """Whether every layer of `networks` treats rows independently and, with `training`, adds no loss."""
    return all(is_rowwise(part, training) for network in networks for part in parts(network))


def is_rowwise(part: Any, training: bool) -> bool:
    """Whether a layer or an operation is known to treat rows independently."""
    if getattr(type(part), "rowwise", False):  # a layer of kvae that declares it
        return True
    if type(part) not in (IN_TRAINING if training else IN_INFERENCE):
        return False
    if training and part.activity_regularizer is not None:
        return False
    axes = getattr(part, "axis", None)
    if 0 in (axes if isinstance(axes, list | tuple) else (axes,)):
        return False
    activation = getattr(part, "activation", None)
    return activation is None or (getattr(activation, "__module__", None) or "").startswith("keras.")


def parts(network: Any) -> Iterator[Any]:
    """The layers and operations that a network consists of, those of nested models included."""
    kind = type(network)
    if kind is keras.Sequential:
        inner = network.layers
    elif kind.__name__ == "Functional" and kind.__module__.startswith("keras."):  # `keras.Model(inputs, outputs)`
        inner = network.operations
    else:
        yield network
        return
    for part in inner:
        yield from parts(part)
