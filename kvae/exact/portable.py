"""Functions of `keras.ops` for `Exact` arrays: names and arguments as there, results the same on every machine."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kvae.exact import functions, normal
from kvae.exact.array import Exact, bare
from kvae.exact.sums import fixed_sum

PORTABLE: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(functions, name)
        for name in ("exp", "expm1", "log", "log1p", "sigmoid", "softplus", "log_sigmoid", "tanh", "sqrt")
    },
    **{"erf": normal.erf, "erfc": normal.erfc},
    # Functions with the same name and arguments in NumPy, which `Exact` allows.
    **{
        name: getattr(np, name)
        for name in (
            *("add", "subtract", "multiply", "divide", "true_divide", "negative", "abs", "absolute", "square"),
            *("reciprocal", "maximum", "minimum", "floor", "ceil", "trunc", "sign", "isnan", "isfinite", "isinf"),
            *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or"),
            *("logical_not", "logical_xor", "where", "expand_dims", "squeeze", "swapaxes", "moveaxis", "stack"),
            *("concatenate", "take_along_axis", "broadcast_to", "zeros_like", "ones_like", "full_like", "copy"),
            *("repeat", "tile", "flip", "roll", "argmax", "argmin", "all", "any", "ndim", "size", "shape"),
        )
    },
}  # fmt: skip


def portable(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function for `Exact` of a name of `keras.ops`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        PORTABLE[name] = function
        return function

    return register


@portable("convert_to_tensor")
def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    return Exact(x)


@portable("convert_to_numpy")
def convert_to_numpy(x: Any) -> np.ndarray:
    return Exact(x)


@portable("stop_gradient")
def stop_gradient(variable: Any) -> Any:
    return variable


@portable("cast")
def as_type(x: Any, dtype: Any) -> Any:
    """Truncates to whole numbers for an integer `dtype`; numbers stay float64."""
    name = np.dtype(dtype).name if not isinstance(dtype, str) else dtype
    if name == "bool":
        return x != 0
    return np.trunc(x) if "int" in name else Exact(x)


@portable("reshape")
def reshaped(x: Any, newshape: Any) -> Any:
    return np.reshape(x, newshape)


@portable("transpose")
def transposed(x: Any, axes: Any = None) -> Any:
    return np.transpose(x, axes)


@portable("split")
def parts(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return np.split(x, indices_or_sections, axis)


@portable("take")
def taken(x: Any, indices: Any, axis: int | None = None) -> Any:
    return np.take(x, np.asarray(bare(indices)).astype(np.int64), axis)


@portable("round")
def round_half_even(x: Any, decimals: int = 0) -> Any:
    if decimals:
        raise TypeError(f"ops.round of Exact arrays takes decimals=0. Received: decimals={decimals}")
    return np.rint(x)


@portable("clip")
def clipped(x: Any, x_min: Any, x_max: Any) -> Any:
    return np.clip(x, x_min, x_max)


@portable("relu")
def relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


@portable("rsqrt")
def rsqrt(x: Any) -> Any:
    return 1.0 / np.sqrt(x)


@portable("sum")
def summed(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return fixed_sum(np.asarray(bare(x), np.float64), axis, keepdims)


@portable("mean")
def averaged(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = fixed_sum(np.asarray(bare(x), np.float64), axis, keepdims)
    return total / (x.size / max(1, total.size))


@portable("max")
def largest_of(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    return np.max(x, axis, keepdims=keepdims, **({} if initial is None else {"initial": initial}))


@portable("min")
def smallest_of(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    return np.min(x, axis, keepdims=keepdims, **({} if initial is None else {"initial": initial}))


@portable("logsumexp")
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    largest = np.max(x, axis, keepdims=True)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    total = functions.log(fixed_sum(functions.exp(x - largest), axis, keepdims=True)) + bare(largest)
    return total if keepdims else np.squeeze(total, axis)


@portable("log_softmax")
def log_softmax(x: Any, axis: int = -1) -> Any:
    x = x - np.max(x, axis, keepdims=True)
    return x - functions.log(fixed_sum(functions.exp(x), axis, keepdims=True))


@portable("softmax")
def softmax(x: Any, axis: int = -1) -> Any:
    e = functions.exp(x - np.max(x, axis, keepdims=True))
    return e / fixed_sum(e, axis, keepdims=True)


@portable("logaddexp")
def logaddexp(x1: Any, x2: Any) -> Any:
    return np.maximum(x1, x2) + functions.log1p(functions.exp(-np.abs(x1 - x2)))


@portable("one_hot")
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Any:
    return np.moveaxis(Exact((np.expand_dims(x, -1) == np.arange(num_classes)).astype(np.float64)), -1, axis)
