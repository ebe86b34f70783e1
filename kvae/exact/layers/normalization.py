"""Layers that normalize each row by its own moments, which are sums in one fixed order."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact.calls import Call, CounterpartError, of_layers
from kvae.exact.operation import Array, Operation
from kvae.exact.sums import fixed_sum
from kvae.exact.units import LARGEST, to_units, to_values


@dataclass(frozen=True, eq=False)
class Normalized(Operation):
    """Rows less their mean, over their standard deviation, times `gamma`, plus `beta`.

    Attributes:
        shape: The shape that rows are brought into, so that groups have an axis of their own.
        axes: The axes of the moments; 0 is that of the batch.
        center: Whether the mean is subtracted.
        epsilon: The number that is added to the variance.
        floor: The smallest standard deviation.
        mean_of_squares: Whether squares are averaged over the axes, not summed.
        gamma, beta: Values of a shape that broadcasts with rows.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    center: bool
    epsilon: float
    floor: float
    mean_of_squares: bool
    gamma: Array
    beta: Array

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        x = to_values(units.reshape(len(units), *self.shape))
        n = float(np.prod([x.shape[axis] for axis in self.axes]))
        if self.center:
            x = x - fixed_sum(x, self.axes, keepdims=True) / n
        squares = fixed_sum(x * x, self.axes, keepdims=True) / (n if self.mean_of_squares else 1.0)
        deviation = np.maximum(np.sqrt(squares + self.epsilon), self.floor)
        return to_units(x / deviation * self.gamma + self.beta).reshape(units.shape)

    def widest(self, size: int) -> int:
        return 6 * size


def axes_of(axis: Any, n_axes: int) -> tuple[int, ...]:
    """Axes of a layer as numbers > 0, sorted; 0 would be that of the batch."""
    some = [int(it) % n_axes for it in (axis if isinstance(axis, list | tuple) else [axis])]
    if 0 in some:
        raise CounterpartError("as its axis is that of the batch")
    return tuple(sorted(some))


def spread(values: Array, axes: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """A weight over some axes, in a shape that broadcasts with rows."""
    return values.reshape([n if i + 1 in axes else 1 for i, n in enumerate(shape)])


ONE, NONE = np.ones(1), np.zeros(1)


@of_layers("LayerNormalization")
def layer_normalization(call: Call) -> Operation:
    layer, (shape,) = call.layer, call.shapes
    if getattr(layer, "rms_scaling", False):
        raise CounterpartError("as it has rms_scaling=True: use RMSNormalization")
    axes = axes_of(layer.axis, len(shape) + 1)
    gamma = spread(call.weight("gamma"), axes, shape) if layer.scale else ONE
    beta = spread(call.weight("beta"), axes, shape) if layer.center else NONE
    return Normalized(LARGEST, shape, axes, True, float(layer.epsilon), 0.0, True, gamma, beta)


@of_layers("RMSNormalization")
def rms_normalization(call: Call) -> Operation:
    (shape,) = call.shapes
    axes = axes_of(call.layer.axis, len(shape) + 1)
    gamma = call.weight("scale")
    if gamma.ndim > 1 or axes != (len(shape),):
        raise CounterpartError("as its axis is not the last")
    return Normalized(LARGEST, shape, axes, False, float(call.layer.epsilon), 0.0, True, gamma, NONE)


@of_layers("UnitNormalization")
def unit_normalization(call: Call) -> Operation:
    (shape,) = call.shapes
    axes = axes_of(call.layer.axis, len(shape) + 1)
    return Normalized(LARGEST, shape, axes, False, 0.0, 1e-12, False, ONE, NONE)


@of_layers("GroupNormalization")
def group_normalization(call: Call) -> Operation:
    layer, (shape,) = call.layer, call.shapes
    (axis,) = axes_of(layer.axis, len(shape) + 1)
    groups = int(layer.groups)
    split = (*shape[: axis - 1], groups, shape[axis - 1] // groups, *shape[axis:])
    others = tuple(i + 1 for i in range(len(split)) if i + 1 != axis)
    gamma, beta = (
        spread(call.weight(name), (axis, axis + 1), split) if used else other
        for name, used, other in (("gamma", layer.scale, ONE), ("beta", layer.center, NONE))
    )
    return Normalized(LARGEST, split, others, True, float(layer.epsilon), 0.0, True, gamma, beta)
