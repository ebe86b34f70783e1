"""Activations: functions of single values, and those over an axis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact import functions as f
from kvae.exact.calls import Call, CounterpartError, counterpart, of_layers
from kvae.exact.normal import normal_cdf
from kvae.exact.operation import Array, Operation, Same, chain
from kvae.exact.sums import fixed_sum
from kvae.exact.units import LARGEST, ONE, bounded, to_units, to_values

# Functions of values by the names that Keras has for them, and what bounds their results: a number, "input" for
# the largest input, None for the end of the grid.
FUNCTIONS: dict[str, Callable[..., Array]] = {}
BOUNDS: dict[str, float | str | None] = {}


def function(bound: float | str | None = None) -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Register a function under its own name."""

    def register(it: Callable[..., Array]) -> Callable[..., Array]:
        FUNCTIONS[it.__name__], BOUNDS[it.__name__] = it, bound
        return it

    return register


for _name, _bound in {"sigmoid": 1.0, "tanh": 1.0, "log_sigmoid": None, "softplus": None}.items():
    function(_bound)(getattr(f, _name))


@function("input")
def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    y = np.where(x > threshold, x, 0.0)
    y = y if max_value is None else np.minimum(y, max_value)
    return y if negative_slope == 0.0 else np.where(x <= threshold, negative_slope * (x - threshold), y)


@function("input")
def leaky_relu(x, negative_slope=0.2):
    return np.where(x < 0.0, negative_slope * x, x)


@function(6.0)
def relu6(x):
    return np.clip(x, 0.0, 6.0)


@function()
def elu(x, alpha=1.0):
    return np.where(x > 0.0, x, alpha * f.expm1(np.minimum(x, 0.0)))


@function()
def celu(x, alpha=1.0):
    return np.maximum(x, 0.0) + alpha * f.expm1(np.minimum(x, 0.0) / alpha)


@function()
def selu(x):
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@function(1.0)
def softsign(x):
    return x / (1.0 + np.abs(x))


@function("input")
def soft_shrink(x, threshold=0.5):
    return np.where(x > threshold, x - threshold, np.where(x < -threshold, x + threshold, 0.0))


@function("input")
def hard_shrink(x, threshold=0.5):
    return np.where(np.abs(x) > threshold, x, 0.0)


@function("input")
def tanh_shrink(x):
    return x - f.tanh(x)


@function()
def threshold(x, threshold, default_value):
    return np.where(x > threshold, x, default_value)


@function()
def sparse_plus(x):
    return np.where(x <= -1.0, 0.0, np.where(x < 1.0, 0.25 * np.square(x + 1.0), x))


@function(1.0)
def sparse_sigmoid(x):
    return np.clip(0.5 * (x + 1.0), 0.0, 1.0)


@function("input")
def silu(x):
    return x * f.sigmoid(x)


@function("input")
def mish(x):
    return x * f.tanh(f.softplus(x))


@function()
def squareplus(x, b=4):
    return 0.5 * (x + np.sqrt(np.square(x) + b))


@function("input")
def gelu(x, approximate=False):
    if not approximate:
        return x * normal_cdf(x)
    return 0.5 * x * (1.0 + f.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


@function(1.0)
def hard_sigmoid(x):
    return np.clip(x / 6.0 + 0.5, 0.0, 1.0)


@function("input")
def hard_silu(x):
    return x * hard_sigmoid(x)


@function(1.0)
def hard_tanh(x):
    return np.clip(x, -1.0, 1.0)


@function()
def exp(x):
    return f.exp(x)


@function("input")
def glu(x, axis=-1):
    value, gate = np.split(x, 2, axis)
    return value * f.sigmoid(gate)


@function()
def log_softmax(x, axis=-1):
    x = x - x.max(axis=axis, keepdims=True)
    return x - f.log(fixed_sum(f.exp(x), axis, keepdims=True))


@function(1.0)
def softmax(x, axis=-1):
    e = f.exp(x - x.max(axis=axis, keepdims=True))
    return e / fixed_sum(e, axis, keepdims=True)


@function(1.0)
def sparsemax(x, axis=-1):
    """Martins and Astudillo (2016), algorithm 1; sums of units are exact."""
    x = np.moveaxis(x, axis, -1)
    falling = -np.sort(-x, axis=-1)
    sums, k = np.cumsum(falling, axis=-1), np.arange(1.0, x.shape[-1] + 1.0)
    n = (1.0 + k * falling > sums).sum(-1, keepdims=True)
    tau = (np.take_along_axis(sums, n - 1, -1) - 1.0) / n
    return np.moveaxis(np.maximum(x - tau, 0.0), -1, axis)


# Names in Keras that differ from those here.
OTHER_NAMES = {
    "exponential": "exp",
    "hard_swish": "hard_silu",
    "swish": "silu",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
}
NOT_OVER_AN_AXIS = set(FUNCTIONS) - {"softmax", "log_softmax", "sparsemax", "glu"}


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
    if any(isinstance(it, float) and not abs(it) < 4096 for it in parameters.values()):
        raise CounterpartError(f"its arguments must be numbers below 4096 in size, and are {parameters}")
    if within == "input":  # slopes above 1 make it larger
        limit = bound * max(1, *(int(abs(it)) + 1 for it in parameters.values() if isinstance(it, float)), 1)
    else:
        limit = LARGEST if within is None else int(float(within) * ONE)
    return Function(bounded(limit), name, tuple(sorted(parameters.items())))


def activation(function: Any, call: Call) -> Operation:
    """The counterpart of what stands as `activation` in a layer of Keras.

    Raises:
        CounterpartError: For functions of the user's own.
    """
    if function is None:
        return Same(call.bound)
    if hasattr(function, "call") and hasattr(function, "name"):  # a layer
        return counterpart(Call(function, (call.bound,), (call.output_shape,), call.output_shape))
    home, name = getattr(function, "__module__", None) or "", getattr(function, "__name__", "")
    name = OTHER_NAMES.get(name, name)
    if not home.startswith("keras.") or (name != "linear" and name not in FUNCTIONS) or name == "threshold":
        raise CounterpartError(
            f"its activation {name or function!r} has none: take one of linear, {', '.join(sorted(FUNCTIONS))}"
        )
    if name == "linear":
        return Same(call.bound)
    # `keras.ops.gelu` is the approximate one unless it is told otherwise, `keras.activations.gelu` is not.
    parameters = {"approximate": True} if name == "gelu" and ".ops." in home else {}
    return function_of(name, call.bound, **parameters)


def activated(operation: Operation, function: Any, output_shape: tuple[int, ...] = ()) -> Operation:
    """An operation, and after it what stands as `activation` in its layer."""
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
    return function_of("softmax", call.bound, axis=axes[0] if len(axes) == 1 else axes)


@dataclass(frozen=True, eq=False)
class Prelu(Operation):
    """Negative values times a slope of their own."""

    slopes: Array

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        return np.clip(np.rint(np.where(units < 0.0, self.slopes * units, units)), -float(LARGEST), float(LARGEST))


@of_layers("PReLU")
def prelu_layer(call: Call) -> Operation:
    return Prelu(LARGEST, call.weight("alpha"))
