"""Activations: functions of single values, and those over an axis."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact.activations import BOUNDS, FUNCTIONS
from kvae.exact.calls import Call, CounterpartError, counterpart, of_layers
from kvae.exact.operation import Array, Operation, Same, chain
from kvae.exact.units import LARGEST, ONE, bounded, to_units, to_values

# Functions that are not activations of layers: one needs arguments, the other halves its input.
NO_ACTIVATIONS = {"threshold", "glu"}
# Names in Keras that differ from those here.
OTHER_NAMES = {"exponential": "exp", "hard_swish": "hard_silu", "swish": "silu"}


def named(kind: str) -> str:
    """The name of the function that a class of Keras stands for: `LeakyRelu` for leaky_relu."""
    joined = {name.replace("_", ""): name for name in FUNCTIONS}
    return joined[kind.lower()]


@dataclass(frozen=True, eq=False)
class Function(Operation):
    """A function of values.

    Attributes:
        name: Its name in `FUNCTIONS`.
        parameters: Its other arguments, by name.
    """

    name: str
    parameters: tuple[tuple[str, Any], ...] = ()

    def __call__(self, *inputs: Array) -> Array:
        if self.name == "relu" and not self.parameters:
            return np.maximum(inputs[0], 0.0)
        return to_units(FUNCTIONS[self.name](to_values(inputs[0]), **dict(self.parameters)))


def function_of(name: str, bound: int, **parameters: Any) -> Function:
    """A function by name, where inputs are at most `bound` units."""
    within = BOUNDS[name]
    if name == "celu" and parameters.get("alpha") == 0.0:
        raise CounterpartError("as its alpha is 0")
    if any(isinstance(it, float) and not abs(it) < 4096 for it in parameters.values()):
        raise CounterpartError(f"its arguments must be numbers below 4096 in size, and are {parameters}")
    if within == "input":  # slopes above 1 make it larger, thresholds move it
        sizes = [abs(it) for it in parameters.values() if isinstance(it, float)]
        limit = (bound + int(ONE * sum(sizes))) * (1 + int(max(sizes, default=0.0)))
    else:
        limit = LARGEST if within is None else int(float(within) * ONE)
    return Function(bounded(limit), name, tuple(sorted(parameters.items())))


def activation(function: Any, call: Call) -> Operation:
    """The counterpart of the `activation` of a Keras layer.

    Raises:
        CounterpartError: For functions of the user's own.
    """
    if function is None:
        return Same(call.bound)
    if hasattr(function, "call") and hasattr(function, "name"):  # a layer
        return counterpart(Call(function, (call.bound,), (call.output_shape,), call.output_shape))
    home, name = getattr(function, "__module__", None) or "", getattr(function, "__name__", "")
    name = OTHER_NAMES.get(name, name)
    if not home.startswith("keras.") or (name != "linear" and name not in FUNCTIONS) or name in NO_ACTIVATIONS:
        some = sorted(set(FUNCTIONS) - NO_ACTIVATIONS)
        raise CounterpartError(
            f"its activation {name or function!r} has none: take one of linear, {', '.join(some)}"
        )
    if name == "linear":
        return Same(call.bound)
    # `keras.ops.gelu` is approximate by default, `keras.activations.gelu` is not.
    parameters = {"approximate": True} if name == "gelu" and ".activations." not in home else {}
    return function_of(name, call.bound, **parameters)


def activated(operation: Operation, function: Any, output_shape: tuple[int, ...] = ()) -> Operation:
    """An operation followed by the `activation` of its layer."""
    return chain(operation, activation(function, Call(None, (operation.bound,), (output_shape,), output_shape)))


@of_layers("Activation")
def activation_layer(call: Call) -> Operation:
    return activation(call.layer.activation, call)


@of_layers("ReLU")
def relu_layer(call: Call) -> Operation:
    given = {name: getattr(call.layer, name) for name in ("negative_slope", "max_value", "threshold")}
    some = {name: float(value) for name, value in given.items() if value}
    if given["max_value"] is not None:
        some["max_value"] = float(given["max_value"])
    return function_of("relu", call.bound, **some)


@of_layers("LeakyReLU")
def leaky_relu_layer(call: Call) -> Operation:
    return function_of("leaky_relu", call.bound, negative_slope=float(call.layer.negative_slope))


@of_layers("ELU")
def elu_layer(call: Call) -> Operation:
    return function_of("elu", call.bound, alpha=float(call.layer.alpha))


@of_layers("Softmax")
def softmax_layer(call: Call) -> Operation:
    axes = call.layer.axis
    axes = tuple(axes) if isinstance(axes, list | tuple) else (int(axes),)
    if any(axis % (len(call.shapes[0]) + 1) == 0 for axis in axes):
        raise CounterpartError("as its axis is that of the batch")
    return function_of("softmax", call.bound, axis=axes[0] if len(axes) == 1 else axes)


@dataclass(frozen=True, eq=False)
class Prelu(Operation):
    """Negative values times learnt slopes; other values unchanged."""

    slopes: Array

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        return np.clip(np.rint(np.where(units < 0.0, self.slopes * units, units)), -float(LARGEST), float(LARGEST))


@of_layers("PReLU")
def prelu_layer(call: Call) -> Operation:
    return Prelu(LARGEST, call.weight("alpha"))
