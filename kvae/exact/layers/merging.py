"""Layers of several inputs."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call, CounterpartError, of_layers
from kvae.exact.operation import Array, Operation
from kvae.exact.units import LARGEST, ONE, bounded, rounded


@dataclass(frozen=True, eq=False)
class Merged(Operation):
    """Inputs combined elementwise, one after the other, each result rounded.

    Attributes:
        name: `Add`, `Subtract`, `Multiply`, `Average`, `Maximum` or `Minimum`.
        largest: The largest absolute value of intermediate results, in units.
    """

    name: str
    largest: int

    def __call__(self, *inputs: Array) -> Array:
        result, *others = inputs
        for units in others:
            if self.name in ("Add", "Average"):
                result = result + units
            elif self.name == "Subtract":
                result = result - units
            elif self.name == "Multiply":
                result = rounded(result * units * (1.0 / ONE), self.largest)
            else:
                result = (np.maximum if self.name == "Maximum" else np.minimum)(result, units)
        result = result / len(inputs) if self.name == "Average" else result + 0.0
        return rounded(result, self.largest)


@of_layers("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
def merging(call: Call) -> Operation:
    if len({len(shape) for shape in call.shapes}) > 1:
        raise CounterpartError(f"as its inputs have different numbers of axes, {call.shapes}")
    name = type(call.layer).__name__
    largest = sum(call.bounds) if name in ("Add", "Subtract", "Average") else call.bound
    bound = bounded(largest)
    if name == "Multiply":
        bound, largest = call.bounds[0], LARGEST + 1  # intermediate results that are too large are clipped
        for other in call.bounds[1:]:
            bound = bounded(int(bound * other / ONE) + 1)
    return Merged(bound, name, largest)


@dataclass(frozen=True, eq=False)
class Joined(Operation):
    """Inputs side by side along an axis."""

    axis: int

    def __call__(self, *inputs: Array) -> Array:
        return np.concatenate(inputs, axis=self.axis)


@of_layers("Concatenate")
def concatenate(call: Call) -> Operation:
    axis = int(call.layer.axis) % (len(call.shapes[0]) + 1)
    if axis == 0:
        raise CounterpartError("as its axis is that of the batch")
    return Joined(call.bound, axis)


@dataclass(frozen=True, eq=False)
class Stacked(Operation):
    """Inputs side by side along a new axis."""

    axis: int

    def __call__(self, *inputs: Array) -> Array:
        return np.stack(inputs, axis=self.axis)
