"""Layers that rearrange values, and layers that act only in training."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact.calls import Call, CounterpartError, of_layers
from kvae.exact.layers.axes import Transposed, as_the_layer, of_axes, shape_of, to_channels_last
from kvae.exact.operation import Array, Operation, Same, chain


@of_layers(
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity"),
    *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
)
def same(call: Call) -> Operation:
    return Same(call.bound)


@dataclass(frozen=True, eq=False)
class Reshaped(Operation):
    """Rows in another shape."""

    shape: tuple[int, ...]

    def __call__(self, *inputs: Array) -> Array:
        return inputs[0].reshape(len(inputs[0]), *self.shape)


@of_layers("Reshape")
def reshape(call: Call) -> Operation:
    return Reshaped(call.bound, call.output_shape)


@of_layers("Flatten")
def flatten(call: Call) -> Operation:
    (shape,) = call.shapes
    flat = Reshaped(call.bound, call.output_shape)
    if call.channels_last or len(shape) < 2:
        return flat
    return chain(to_channels_last(call.bound, len(shape)), flat)


@of_layers("Permute")
def permute(call: Call) -> Operation:
    return Transposed(call.bound, (0, *(int(axis) for axis in call.layer.dims)))


@of_layers("RepeatVector")
def repeat_vector(call: Call) -> Operation:
    return Repeated(call.bound, 1, int(call.layer.n), True)


@dataclass(frozen=True, eq=False)
class Repeated(Operation):
    """Every value several times along an axis, which is a new one if `new` is True."""

    axis: int
    times: int
    new: bool = False

    def __call__(self, *inputs: Array) -> Array:
        units = np.expand_dims(inputs[0], self.axis) if self.new else inputs[0]
        return np.repeat(units, self.times, self.axis)

    def widest(self, size: int) -> int:
        return size * self.times


@of_layers("UpSampling1D", "UpSampling2D", "UpSampling3D")
def up_sampling(call: Call) -> Operation:
    if getattr(call.layer, "interpolation", "nearest") != "nearest":
        raise CounterpartError("as its interpolation is not nearest")
    n = len(call.shapes[0]) - 1
    repeats = [Repeated(call.bound, i + 1, times) for i, times in enumerate(of_axes(call.layer.size, n))]
    return as_the_layer(call, chain(*repeats))


@dataclass(frozen=True, eq=False)
class Padded(Operation):
    """Zeros around rows: before and behind each axis but that of the batch."""

    widths: tuple[tuple[int, int], ...]

    def __call__(self, *inputs: Array) -> Array:
        return np.pad(inputs[0], ((0, 0), *self.widths))


@dataclass(frozen=True, eq=False)
class Cut(Operation):
    """A part of rows: `(start, stop)` on each axis but that of the batch."""

    ends: tuple[tuple[int, int], ...]

    def __call__(self, *inputs: Array) -> Array:
        return inputs[0][(slice(None), *(slice(*pair) for pair in self.ends))]


@of_layers("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(call: Call) -> Operation:
    widths = pairs(call.layer.padding)
    return as_the_layer(call, Padded(call.bound, (*widths, (0, 0))))


@of_layers("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(call: Call) -> Operation:
    *shape, channels = shape_of(call)
    widths = zip(pairs(call.layer.cropping), shape, strict=True)
    ends = tuple((before, n - behind) for (before, behind), n in widths)
    return as_the_layer(call, Cut(call.bound, (*ends, (0, channels))))


def pairs(widths: Any) -> tuple[tuple[int, int], ...]:
    """Widths before and behind each axis; for a single axis the pair may stand alone."""
    if isinstance(widths[0], int):
        widths = (widths,)
    return tuple((int(before), int(behind)) for before, behind in widths)
