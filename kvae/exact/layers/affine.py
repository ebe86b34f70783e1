"""Layers that scale and shift values by fixed numbers."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call, CounterpartError, of_layers
from kvae.exact.operation import Array, Operation
from kvae.exact.units import LARGEST, ONE, rounded


@dataclass(frozen=True, eq=False)
class Affine(Operation):
    """Units times `scale` plus `offset` units, which broadcast with rows: two roundings, the same everywhere."""

    scale: Array
    offset: Array

    def __call__(self, *inputs: Array) -> Array:
        units = inputs[0] * self.scale
        units += self.offset
        return rounded(units, LARGEST + 1)


def affine(call: Call, scale: Array, offset: Array) -> Operation:
    """`Affine` of a scale and an offset in values, each of which must be finite."""
    for values in (scale, offset):
        if not np.isfinite(values).all() or np.abs(values).max(initial=0.0) > 1e30:
            raise CounterpartError(f"as it scales and shifts by {values[~(np.abs(values) <= 1e30)][0]}")
    scale, offset = (np.where(np.abs(it) < 1e-30, 0.0, it) for it in (scale, offset * ONE))
    return Affine(LARGEST, scale + 0.0, offset + 0.0)


def along(values: Array, axis: int, n_axes: int) -> Array:
    """Numbers along one axis of a batch with `n_axes` axes, in a shape that broadcasts with rows."""
    if axis % n_axes == 0:
        raise CounterpartError("as its axis is that of the batch")
    shape = [1] * n_axes
    shape[axis] = -1
    return values.reshape(shape[1:])


@of_layers("BatchNormalization")
def batch_normalization(call: Call) -> Operation:
    layer, n = call.layer, len(call.shapes[0]) + 1
    scale = 1.0 / np.sqrt(call.weight("moving_variance") + float(layer.epsilon))
    if layer.scale:
        scale = scale * call.weight("gamma")
    offset = -call.weight("moving_mean") * scale
    if layer.center:
        offset = offset + call.weight("beta")
    return affine(call, along(scale, layer.axis, n), along(offset, layer.axis, n))


@of_layers("Rescaling")
def rescaling(call: Call) -> Operation:
    scale, offset = (np.asarray(it, np.float64) for it in (call.layer.scale, call.layer.offset))
    if max(scale.ndim, offset.ndim) > len(call.shapes[0]):
        raise CounterpartError("as its scale has more axes than a row")
    return affine(call, np.atleast_1d(scale), np.atleast_1d(offset))


@of_layers("Normalization")
def normalization(call: Call) -> Operation:
    mean, variance = (np.asarray(getattr(call.layer, it)).astype(np.float64) for it in ("mean", "variance"))
    if mean.ndim and mean.shape[0] == 1 and mean.ndim > len(call.shapes[0]):
        mean, variance = mean[0], variance[0]
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    if call.layer.invert:
        return affine(call, np.atleast_1d(deviation), np.atleast_1d(mean))
    return affine(call, np.atleast_1d(1.0 / deviation), np.atleast_1d(-mean / deviation))
