"""Transposed convolutions: what every input adds to a window of outputs, in whole numbers."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from kvae.exact.calls import Call, of_layers
from kvae.exact.layers.activation import activated
from kvae.exact.layers.axes import as_the_layer, of_axes, shape_of
from kvae.exact.operation import Array, Operation
from kvae.exact.units import bounded, rounded
from kvae.exact.whole import whole


@dataclass(frozen=True, eq=False)
class TransposedConvolution(Operation):
    """The gradient of a convolution, as TensorFlow computes it.

    Attributes:
        size, strides, dilation: A number for each axis.
        before: How much is cut off at the beginning of each axis.
        lengths: The lengths of the axes of the result.
        kernel: Whole numbers `(channels in, size * channels out)`.
        offset, shift, largest: Those of `Whole`, the last being its bound.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    lengths: tuple[int, ...]
    kernel: Array
    offset: Array
    shift: int
    largest: int

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        n, *shape, channels = units.shape
        products = (units.reshape(-1, channels) @ self.kernel).reshape(n, *shape, *self.size, -1)
        parts = zip(shape, self.strides, self.size, self.dilation, self.before, self.lengths, strict=True)
        full = [max((m - 1) * s + (k - 1) * d + 1, cut + length) for m, s, k, d, cut, length in parts]
        result = np.zeros((n, *full, products.shape[-1]))
        ahead = (slice(None),) * (1 + len(shape))
        for place in product(*map(range, self.size)):
            axes = zip(place, self.dilation, self.strides, shape, strict=True)
            where = (slice(i * d, i * d + s * (m - 1) + 1, s) for i, d, s, m in axes)
            result[(slice(None), *where)] += products[(*ahead, *place)]
        cut_out = (slice(cut, cut + length) for cut, length in zip(self.before, self.lengths, strict=True))
        result = result[(slice(None), *cut_out)] + self.offset
        result *= 2.0**-self.shift
        return rounded(result, self.largest)

    def widest(self, size: int) -> int:
        places = size // max(1, len(self.kernel))
        return 3 * places * max(self.kernel.shape[-1], len(self.kernel)) + size


@of_layers("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed_convolution(call: Call) -> Operation:
    layer, (*shape, _) = call.layer, shape_of(call)
    n = len(shape)
    kernel = call.weight("kernel")  # (*size, channels out, channels in)
    size, strides, dilation = kernel.shape[:-2], of_axes(layer.strides, n), of_axes(layer.dilation_rate, n)
    lengths = call.output_shape[:-1] if call.channels_last else call.output_shape[1:]
    before = (0,) * n
    if layer.padding == "same":
        parts = zip(shape, strides, size, dilation, lengths, strict=True)
        before = tuple(max((m - 1) * s + (k - 1) * d + 1 - length, 0) // 2 for m, s, k, d, length in parts)
    by_output = np.moveaxis(kernel, -2, -1).reshape(-1, kernel.shape[-2])
    it = whole(by_output, call.weight("bias") if layer.use_bias else None, call.bound)
    by_input = it.kernel.reshape(*size, kernel.shape[-1], kernel.shape[-2])
    by_input = np.moveaxis(by_input, -2, 0).reshape(kernel.shape[-1], -1)
    made = TransposedConvolution(
        bounded(it.bound), size, strides, dilation, before, lengths, by_input, it.offset, it.shift, it.bound
    )
    return activated(as_the_layer(call, made), layer.activation, call.output_shape)
