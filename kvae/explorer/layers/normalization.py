"""Layers that normalize by learnt moments, or each row by its own."""

from typing import Any

import numpy as np

from kvae.exact.calls import Call
from kvae.explorer.layers.elementwise import of_rows, with_constant
from kvae.explorer.translation import Step, Steps, UntranslatedError, axes_of, axis_of, of_layers


@of_layers("BatchNormalization")
def batch_normalization(call: Call) -> Steps:
    layer, axis = call.layer, axis_of(call.layer.axis, call)
    scale = 1.0 / np.sqrt(call.weight("moving_variance") + float(layer.epsilon))
    scale = scale * call.weight("gamma") if layer.scale else scale
    offset = -call.weight("moving_mean") * scale
    offset = offset + call.weight("beta") if layer.center else offset
    return affine(*(along(it, [axis], call) for it in (scale, offset)))


@of_layers("Normalization")
def normalization(call: Call) -> Steps:
    layer, rank = call.layer, len(call.shapes[0])
    mean, variance = (of_rows(it, rank) for it in (layer.mean, layer.variance))
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    return affine(deviation, mean) if layer.invert else affine(1.0 / deviation, -mean / deviation)


@of_layers("LayerNormalization")
def layer_normalization(call: Call) -> Steps:
    layer, axes = call.layer, axes_of(call.layer.axis, call)
    if getattr(layer, "rms_scaling", False):
        raise UntranslatedError("has a LayerNormalization with rms_scaling")
    return [normalized(axes, True, layer.epsilon), *scaled(call, axes, layer.scale, layer.center)]


@of_layers("RMSNormalization")
def rms_normalization(call: Call) -> Steps:
    axes = axes_of(call.layer.axis, call)
    gamma = along(call.weight("scale"), axes, call)
    return [normalized(axes, False, call.layer.epsilon), with_constant("multiply", gamma)]


def normalized(axes: list[int], center: bool, epsilon: Any) -> Step:
    """Rows, less their mean over `axes` if `center`, divided by the root of the mean square over `axes`."""
    return Step("normalize", {"axes": axes, "center": center, "epsilon": float(epsilon)})


def scaled(call: Call, axes: list[int], scale: bool, center: bool) -> Steps:
    """The multiplication by gamma and the addition of beta, if the layer has them."""
    steps = [with_constant("multiply", along(call.weight("gamma"), axes, call))] if scale else []
    return steps + ([with_constant("add", along(call.weight("beta"), axes, call))] if center else [])


def affine(scale: np.ndarray, offset: np.ndarray) -> Steps:
    """Values times `scale` plus `offset`."""
    return [with_constant("multiply", scale), with_constant("add", offset)]


def along(values: np.ndarray, axes: list[int], call: Call) -> np.ndarray:
    """Numbers along some axes of a row, reshaped so that they broadcast to it."""
    return values.reshape([n if i in axes else 1 for i, n in enumerate(call.shapes[0])])
