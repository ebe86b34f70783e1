"""Convolutions of images and of sequences, and their transposes, with channels last."""

import numpy as np

from kvae.exact.calls import Call
from kvae.exact.layers.axes import of_axes
from kvae.exact.windows import windows
from kvae.explorer.layers.elementwise import activation
from kvae.explorer.translation import Step, Steps, UntranslatedError, of_layers


def check_channels(call: Call) -> None:
    """Raise UntranslatedError for data_format=channels_first."""
    if not call.channels_last:
        raise UntranslatedError(f"has channels first in {type(call.layer).__name__}")


@of_layers("Conv1D", "Conv2D")
def convolution(call: Call) -> Steps:
    check_channels(call)
    layer, shape = call.layer, call.shapes[0][:-1]
    n, kernel = len(shape), call.weight("kernel")  # (*size, channels in of a group, channels out)
    strides, dilation = of_axes(layer.strides, n), of_axes(layer.dilation_rate, n)
    before = [pad[0] for pad in windows(shape, kernel.shape[:-2], strides, dilation, layer.padding).padding]
    settings = {"strides": strides, "dilation": dilation, "before": before, "groups": int(layer.groups)}
    return [Step("convolution", settings, weights(call, kernel)), *activation(layer.activation, call)]


@of_layers("Conv1DTranspose", "Conv2DTranspose")
def transposed_convolution(call: Call) -> Steps:
    check_channels(call)
    layer, shape, lengths = call.layer, call.shapes[0][:-1], call.output_shape[:-1]
    kernel = np.moveaxis(call.weight("kernel"), -2, -1)  # (*size, channels in, channels out), as of a convolution
    n = len(shape)
    strides, dilation = of_axes(layer.strides, n), of_axes(layer.dilation_rate, n)
    before = [0] * n
    if layer.padding == "same":  # the padding before the input of the corresponding convolution
        parts = zip(shape, strides, kernel.shape, dilation, lengths, strict=False)
        before = [max((m - 1) * s + (k - 1) * d + 1 - length, 0) // 2 for m, s, k, d, length in parts]
    settings = {"strides": strides, "dilation": dilation, "before": before}
    made = Step("transposed_convolution", settings, weights(call, kernel))
    return [made, *activation(layer.activation, call)]


def weights(call: Call, kernel: np.ndarray) -> dict[str, np.ndarray]:
    """The kernel, and the bias if the layer has one."""
    return {"kernel": kernel} | ({"bias": call.weight("bias")} if call.layer.use_bias else {})
