"""Layers that move values about, and those that do nothing but while a model trains."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call, of_layers, of_operations
from kvae.exact.operation import Array, Operation, Same, chain


@of_layers(
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
)
@of_operations("Copy")
def same(call: Call) -> Operation:
    return Same(call.bound)


@dataclass(frozen=True, eq=False)
class Reshaped(Operation):
    """Rows in another shape."""

    shape: tuple[int, ...]

    def __call__(self, *inputs: Array) -> Array:
        return inputs[0].reshape(len(inputs[0]), *self.shape)


@dataclass(frozen=True, eq=False)
class Transposed(Operation):
    """Rows with other axes; 0 is that of the batch."""

    axes: tuple[int, ...]

    def __call__(self, *inputs: Array) -> Array:
        return np.transpose(inputs[0], self.axes)


@of_layers("Reshape")
@of_operations("Reshape", "Squeeze", "ExpandDims")
def reshape(call: Call) -> Operation:
    return Reshaped(call.bound, call.output_shape)


@of_layers("Flatten")
def flatten(call: Call) -> Operation:
    (shape,) = call.shapes
    flat = Reshaped(call.bound, call.output_shape)
    if call.channels_last or len(shape) < 2:
        return flat
    return chain(to_channels_last(call.bound, len(shape)), flat)


def to_channels_last(bound: int, n_axes: int) -> Operation:
    """Channels from the first axis of a row to its last."""
    return Transposed(bound, (0, *range(2, n_axes + 1), 1))


def to_channels_first(bound: int, n_axes: int) -> Operation:
    """Channels from the last axis of a row to its first."""
    return Transposed(bound, (0, n_axes, *range(1, n_axes)))


@of_layers("Permute")
def permute(call: Call) -> Operation:
    return Transposed(call.bound, (0, *(int(axis) for axis in call.layer.dims)))
