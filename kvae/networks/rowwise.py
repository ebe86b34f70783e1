"""Find out whether a network treats each row of a batch independently, so that batches may be padded.

Padding rows have weight 0 in the loss. Batch normalization and activity regularizers, however, take means over all
rows of a batch, so padding would change what is learnt. Layers that are not listed here count as dependent.
"""

import inspect
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


def is_rowwise(part: Any, training: bool, ranks: set[int] | None = None) -> bool:
    """Whether a layer or an operation is known to treat rows independently.

    Args:
        part: The layer or operation.
        training: Whether it is in training mode.
        ranks: The numbers of axes of its inputs, the batch axis included; None: as the networks call it.
    """
    if getattr(type(part), "rowwise", False):  # a layer of kvae that declares it
        return True
    if type(part) not in (IN_TRAINING if training else IN_INFERENCE):
        return False
    if training and part.activity_regularizer is not None:
        return False
    ranks = ranks_of(part) if ranks is None else ranks
    return within_rows(getattr(part, "axis", ()), ranks) and applies_within_rows(
        getattr(part, "activation", None), training, ranks
    )


def applies_within_rows(activation: Any, training: bool, ranks: set[int]) -> bool:
    """Whether an activation, a function or a layer, is known to treat rows independently."""
    if activation is None:
        return True
    if isinstance(activation, keras.layers.Layer):
        return is_rowwise(activation, training, ranks)
    if not (getattr(activation, "__module__", None) or "").startswith("keras."):
        return False
    return within_rows(axis_of(activation), ranks)


def axis_of(function: Any) -> Any:
    """The axis or axes that a function or an operation of Keras works over; () for a function without."""
    if hasattr(function, "axis"):
        return function.axis
    parameters = inspect.signature(function).parameters
    return parameters["axis"].default if "axis" in parameters else ()


def within_rows(axes: Any, ranks: set[int]) -> bool:
    """Whether none of the axes, an integer or several, is that of the batch; None is all axes.

    An axis from the end may be that of the batch if the ranks are not known.
    """
    if axes is None:
        return False
    axes = set(axes if isinstance(axes, list | tuple) else (axes,))
    last = -min(ranks) if ranks else -2
    return 0 not in axes and all(axis > last for axis in axes)


def ranks_of(part: Any) -> set[int]:
    """The numbers of axes that the inputs of a layer have in the networks that it is a part of."""
    tensors = [tensor for node in part._inbound_nodes for tensor in node.input_tensors]
    return {len(tensor.shape) for tensor in tensors}


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
