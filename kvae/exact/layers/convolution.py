"""Convolutions: products of windows with matrices of whole numbers."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call, of_layers
from kvae.exact.layers.activation import activated
from kvae.exact.layers.axes import as_the_layer, of_axes, shape_of
from kvae.exact.operation import Array, Operation, chain
from kvae.exact.units import bounded, rounded
from kvae.exact.whole import whole
from kvae.exact.windows import Windows, windows


@dataclass(frozen=True, eq=False)
class Convolution(Operation):
    """Windows times matrices, one for each group of channels.

    Attributes:
        windows: The `fields` of `Windows`.
        kernel: Whole numbers `(size * channels of a group, channels out)`.
        offset, shift, largest: Those of `Whole`, the last being its bound.
        groups: The number of groups of channels.
    """

    windows: tuple[tuple[int, ...], ...]
    kernel: Array
    offset: Array
    shift: int
    largest: int
    groups: int

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        slide = Windows.of(self.windows)
        units = slide.padded(units)
        per_group = units.shape[-1] // self.groups
        outputs = np.split(self.kernel, self.groups, axis=-1)
        products = [
            slide.columns(units[..., i * per_group : (i + 1) * per_group]) @ kernel
            for i, kernel in enumerate(outputs)
        ]
        result = products[0] if self.groups == 1 else np.concatenate(products, axis=-1)
        result += self.offset
        result *= 2.0**-self.shift
        return rounded(result, self.largest).reshape(len(units), *slide.counts, -1)

    def widest(self, size: int) -> int:
        places = int(np.prod(self.windows[-1]))
        return places * max(len(self.kernel), len(self.offset)) + size


@of_layers("Conv1D", "Conv2D", "Conv3D")
def convolution(call: Call) -> Operation:
    layer, (*shape, _) = call.layer, shape_of(call)
    kernel = call.weight("kernel")
    slide = windows(tuple(shape), kernel.shape[:-2], *strides_of(layer, len(shape)), layer.padding)
    flat = kernel.reshape(-1, kernel.shape[-1])
    it = whole(flat, call.weight("bias") if layer.use_bias else None, call.bound)
    made = Convolution(
        bounded(it.bound), slide.fields, it.kernel, it.offset, it.shift, it.bound, int(layer.groups)
    )
    return activated(as_the_layer(call, made), layer.activation, call.output_shape)


def strides_of(layer: object, n: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Strides and dilation of a layer, for each axis."""
    return of_axes(layer.strides, n), of_axes(layer.dilation_rate, n)  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class Depthwise(Operation):
    """A convolution of every channel by itself.

    Attributes:
        windows: The `fields` of `Windows`.
        kernel: Whole numbers `(*size, channels, multiplier)`.
        offset, shift, largest: Those of `Whole`, the last being its bound.
    """

    windows: tuple[tuple[int, ...], ...]
    kernel: Array
    offset: Array
    shift: int
    largest: int

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        slide = Windows.of(self.windows)
        result = np.zeros((len(units), *slide.counts, *self.kernel.shape[-2:]))
        for place, values in slide.taps(slide.padded(units)):
            result += values[..., None] * self.kernel[place]
        result = result.reshape(len(units), *slide.counts, -1)
        result += self.offset
        result *= 2.0**-self.shift
        return rounded(result, self.largest)


def depthwise_part(call: Call, name: str, bias: Array | None) -> Operation:
    """The depthwise convolution with the weight of that name, channels last."""
    layer, (*shape, _) = call.layer, shape_of(call)
    kernel = call.weight(name)
    slide = windows(tuple(shape), kernel.shape[:-2], *strides_of(layer, len(shape)), layer.padding)
    it = whole(kernel.reshape(-1, kernel.shape[-2] * kernel.shape[-1]), bias, call.bound)
    whole_kernel = it.kernel.reshape(kernel.shape)
    return Depthwise(bounded(it.bound), slide.fields, whole_kernel, it.offset, it.shift, it.bound)


@of_layers("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(call: Call) -> Operation:
    made = depthwise_part(call, "kernel", call.weight("bias") if call.layer.use_bias else None)
    return activated(as_the_layer(call, made), call.layer.activation, call.output_shape)


@of_layers("SeparableConv1D", "SeparableConv2D")
def separable(call: Call) -> Operation:
    from kvae.exact.layers.dense import linear

    first = depthwise_part(call, "depthwise_kernel", None)
    kernel = call.weight("pointwise_kernel")
    bias = call.weight("bias") if call.layer.use_bias else None
    second = linear(kernel.reshape(kernel.shape[-2:]), bias, first.bound)
    return activated(as_the_layer(call, chain(first, second)), call.layer.activation, call.output_shape)
