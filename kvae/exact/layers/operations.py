"""Operations that `keras.ops` and operators such as + add to a graph."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kvae.exact import functions
from kvae.exact.calls import Call, CounterpartError, of_operations
from kvae.exact.layers.activation import function_of, named
from kvae.exact.layers.axes import Transposed
from kvae.exact.layers.merging import Joined, Stacked
from kvae.exact.layers.reshaping import Reshaped
from kvae.exact.operation import Array, Operation, Same
from kvae.exact.sums import fixed_sum
from kvae.exact.units import LARGEST, to_units, to_values

FORMULAS: dict[str, Callable[..., Array]] = {
    **{"Add": np.add, "Subtract": np.subtract, "Multiply": np.multiply, "Divide": np.divide},
    **{"TrueDivide": np.divide, "Maximum": np.maximum, "Minimum": np.minimum, "Negative": np.negative},
    **{"Absolute": np.abs, "Square": np.square, "Sqrt": functions.sqrt, "Log": functions.log, "Clip": np.clip},
    **{"Log1p": functions.log1p, "Expm1": functions.expm1},
}


@dataclass(frozen=True, eq=False)
class Formula(Operation):
    """An elementary function of values, rounded to units.

    Attributes:
        name: Its name in `FORMULAS`.
        constants: Its arguments in order; None for an input.
        layer: The layer's name, for error texts; not part of the fingerprint.
    """

    name: str
    constants: tuple[Array | None, ...]
    layer: str = field(compare=False)

    def __call__(self, *inputs: Array) -> Array:
        some = iter(inputs)
        values = (to_values(next(some)) + 0.0 if it is None else it for it in self.constants)
        with np.errstate(all="ignore"):
            result = FORMULAS[self.name](*values)
        if not np.isfinite(result).all():
            raise ValueError(f"the layer {self.layer!r} gives {result[~np.isfinite(result)][0]} for these values")
        return to_units(result)


@of_operations(*FORMULAS)
def formula(call: Call) -> Operation:
    kind = type(call.layer).__name__
    arguments = list(call.arguments) + list(call.keywords.values())
    if kind == "Clip":
        arguments += [call.layer.x_min, call.layer.x_max]
    constants = tuple(None if is_input(it) else constant(it) for it in arguments)
    ranks = {len(shape) for shape in call.shapes}
    if len(ranks) > 1 or any(it is not None and it.ndim > min(ranks) for it in constants):
        raise CounterpartError("as its arguments have different numbers of axes")
    return Formula(LARGEST, kind, constants, call.layer.name)


def is_input(argument: Any) -> bool:
    """Whether an argument of a call is a symbolic tensor."""
    return type(argument).__name__ == "KerasTensor"


def constant(argument: Any) -> Array:
    """A number or an array that stands in a formula."""
    try:
        values = np.asarray(argument).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise CounterpartError(f"as it is called with {argument!r}") from error
    if not np.isfinite(values).all() or (np.abs(values) > 1e30).any():
        raise CounterpartError(f"as it is called with {argument!r}")
    return np.where(np.abs(values) < 1e-30, 0.0, values)


@of_operations(
    *("Relu", "Relu6", "Sigmoid", "SparseSigmoid", "Softplus", "Softsign", "SoftShrink", "SparsePlus", "Silu"),
    *("Squareplus", "LogSigmoid", "LeakyRelu", "HardSigmoid", "HardSilu", "Elu", "Selu", "Gelu", "Celu", "Glu"),
    *("TanhShrink", "HardTanh", "HardShrink", "Softmax", "LogSoftmax", "Tanh", "Exp", "Mish", "ReLU"),
)
def function(call: Call) -> Operation:
    only_input(call)
    own = ("axis", "alpha", "approximate", "negative_slope", "threshold", "b", "max_value")
    given = {name: getattr(call.layer, name) for name in own if hasattr(call.layer, name)}
    n_axes = len(call.shapes[0]) + 1
    if "axis" in given and (not isinstance(given["axis"], int) or given["axis"] % n_axes == 0):
        raise CounterpartError(f"as its axis is {given['axis']}")
    given = {name: it for name, it in given.items() if it is not None}
    parameters = {name: it if name in ("axis", "approximate") else float(it) for name, it in given.items()}
    return function_of(named(type(call.layer).__name__), call.bound, **parameters)


def only_input(call: Call) -> None:
    """Raise CounterpartError unless an operation is called on one tensor and nothing else."""
    if len(call.arguments) + len(call.keywords) != 1 or len(call.bounds) != 1:
        raise CounterpartError(f"as it is called with {len(call.arguments) + len(call.keywords)} arguments")


@of_operations("Reshape", "Squeeze", "ExpandDims")
def reshape(call: Call) -> Operation:
    only_input(call)
    new = getattr(call.layer, "newshape", None)
    axis = getattr(call.layer, "axis", None)
    n_axes = len(call.shapes[0]) + 1 + (type(call.layer).__name__ == "ExpandDims")
    moved = isinstance(axis, int) and axis % n_axes == 0
    if (new is not None and new[0] != -1) or moved or (axis is not None and not isinstance(axis, int)):
        raise CounterpartError("as it does not keep the batch axis as it is: begin the shape with -1")
    return Reshaped(call.bound, call.output_shape)


@of_operations("Transpose")
def transpose(call: Call) -> Operation:
    only_input(call)
    n = len(call.shapes[0]) + 1
    axes = tuple(int(it) % n for it in (call.layer.axes or range(n)[::-1]))
    if axes[0] != 0:
        raise CounterpartError("as it moves the batch axis")
    return Transposed(call.bound, axes)


@dataclass(frozen=True, eq=False)
class Part(Operation):
    """A part of rows: a slice of every axis but the first, or one index.

    Attributes:
        keys: For each axis `(start, stop, step)` for a slice, or `(index,)`.
    """

    keys: tuple[tuple[int | None, ...], ...]

    def __call__(self, *inputs: Array) -> Array:
        where = (it[0] if len(it) == 1 else slice(*it) for it in self.keys)
        return inputs[0][(slice(None), *where)]


@of_operations("GetItem")
def get_item(call: Call) -> Operation:
    key = call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("key")
    keys = list(key) if isinstance(key, tuple | list) else [key]
    n = len(call.shapes[0]) + 1
    if Ellipsis in keys:
        i = keys.index(Ellipsis)
        keys[i : i + 1] = [slice(None)] * (n - len(keys) + 1)
    if not keys or keys[0] != slice(None) or not all(isinstance(it, slice | int) for it in keys):
        raise CounterpartError("as it takes other parts of its input than whole rows: x[:, ...]")
    parts = ((it.start, it.stop, it.step) if isinstance(it, slice) else (it,) for it in keys[1:])
    return Part(call.bound, tuple(parts))


@of_operations("Split")
def split(call: Call) -> tuple[Operation, ...]:
    only_input(call)
    n = len(call.shapes[0]) + 1
    axis = int(call.layer.axis) % n
    if axis == 0:
        raise CounterpartError("as its axis is that of the batch")
    length, parts = call.shapes[0][axis - 1], call.layer.indices_or_sections
    ends = [length * i // parts for i in range(1, parts)] if isinstance(parts, int) else list(parts)
    before: tuple[tuple[int | None, ...], ...] = ((None, None, None),) * (axis - 1)
    pairs = zip([0, *ends], [*ends, length], strict=True)
    return tuple(Part(call.bound, (*before, (start, stop, None))) for start, stop in pairs)


@of_operations("Cast", "StopGradient", "Copy", "Identity")
def same(call: Call) -> Operation:
    if type(call.layer).__name__ == "Cast" and not str(call.layer.dtype).startswith(("float", "bfloat")):
        raise CounterpartError(f"as it makes {call.layer.dtype} of floats")
    return Same(call.bound)


@dataclass(frozen=True, eq=False)
class Reduced(Operation):
    """The sum, the mean, or the largest or smallest of units over axes."""

    name: str
    axes: tuple[int, ...]
    keepdims: bool

    def __call__(self, *inputs: Array) -> Array:
        (units,) = inputs
        if self.name in ("Max", "Min"):
            return (np.max if self.name == "Max" else np.min)(units, self.axes, keepdims=self.keepdims)
        total = fixed_sum(units, self.axes, self.keepdims)
        n = float(np.prod([units.shape[axis] for axis in self.axes])) if self.name == "Mean" else 1.0
        return np.clip(np.rint(total / n), -float(LARGEST), float(LARGEST))


@of_operations("Sum", "Mean", "Max", "Min")
def reduced(call: Call) -> Operation:
    only_input(call)
    n, axis = len(call.shapes[0]) + 1, call.layer.axis
    axes = tuple(int(it) % n for it in (axis if isinstance(axis, list | tuple) else [0 if axis is None else axis]))
    if 0 in axes:
        raise CounterpartError("as its axis is that of the batch")
    if getattr(call.layer, "initial", None) is not None:
        raise CounterpartError("as it has an initial value")
    return Reduced(LARGEST, type(call.layer).__name__, axes, bool(call.layer.keepdims))


@of_operations("Concatenate", "Stack")
def concatenate(call: Call) -> Operation:
    kind = type(call.layer).__name__
    axis = int(call.layer.axis) % (len(call.shapes[0]) + 1 + (kind == "Stack"))
    if axis == 0 or len({len(shape) for shape in call.shapes}) > 1:
        raise CounterpartError("as its axis is that of the batch")
    return (Joined if kind == "Concatenate" else Stacked)(call.bound, axis)
