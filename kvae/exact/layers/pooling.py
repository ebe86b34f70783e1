"""Pooling: the largest unit of a window, or the mean, which is rounded once."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call, of_layers
from kvae.exact.layers.axes import as_the_layer, of_axes, shape_of
from kvae.exact.operation import Array, Operation
from kvae.exact.units import LARGEST
from kvae.exact.windows import Windows, windows


@dataclass(frozen=True, eq=False)
class Pooled(Operation):
    """The largest or the mean of each window; padding does not count."""

    windows: tuple[tuple[int, ...], ...]
    largest: bool

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        slide = Windows.of(self.windows)
        padded = slide.padded(units, -2.0 * LARGEST if self.largest else 0.0)
        (_, result), *others = slide.taps(padded)
        for _, values in others:
            result = np.maximum(result, values) if self.largest else result + values
        if self.largest:
            return result
        ones = slide.padded(np.ones((1, *units.shape[1:-1], 1)))
        counts = sum(values for _, values in slide.taps(ones))
        return np.rint(result / counts)


@of_layers("MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
@of_layers("AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def pooling(call: Call) -> Operation:
    layer, (*shape, _) = call.layer, shape_of(call)
    n = len(shape)
    size, strides = of_axes(layer.pool_size, n), of_axes(layer.strides, n)
    slide = windows(tuple(shape), size, strides, (1,) * n, layer.padding)
    return as_the_layer(call, Pooled(call.bound, slide.fields, type(layer).__name__.startswith("Max")))


@dataclass(frozen=True, eq=False)
class OverAll(Operation):
    """The largest or the mean over all axes but the first and the last; `keepdims` keeps their axes."""

    largest: bool
    keepdims: bool

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        axes = tuple(range(1, units.ndim - 1))
        if self.largest:
            return units.max(axes, keepdims=self.keepdims)
        total = units.sum(axes, keepdims=self.keepdims)  # of whole numbers: exact in every order
        return np.rint(total / np.prod(units.shape[1:-1]))


@of_layers("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
@of_layers("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D")
def global_pooling(call: Call) -> Operation:
    largest, keepdims = "Max" in type(call.layer).__name__, bool(call.layer.keepdims)
    return as_the_layer(call, OverAll(call.bound, largest, keepdims), len(call.output_shape))
