"""Keras's activations, by their names there, as functions of float64 values, the same on every machine."""

from collections.abc import Callable

import numpy as np

from kvae.exact import functions as f
from kvae.exact.normal import normal_cdf
from kvae.exact.operation import Array
from kvae.exact.sums import fixed_sum

# Functions by their names in Keras, and the bound of their results: a number, "input" for the largest input, None
# for the end of the grid.
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
