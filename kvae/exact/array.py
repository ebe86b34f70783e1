"""Arrays that allow only operations whose results are the same on every machine."""

from typing import Any

import numpy as np

from kvae.exact.functions import TINY

# Operations that IEEE-754 rounds in one way, and operations that do not round.
SAME = {
    *("add", "subtract", "negative", "positive", "absolute", "fabs", "rint", "floor", "ceil", "trunc", "sqrt"),
    *("copysign", "isnan", "isfinite", "isinf", "equal", "not_equal", "less", "less_equal", "greater"),
    *("greater_equal", "logical_and", "logical_or", "logical_not", "logical_xor", "bitwise_and", "bitwise_or"),
    *("bitwise_xor", "invert"),
}
# Operations that may give a subnormal number, which some processors are set to treat as 0.
SMALL = {"multiply", "divide", "true_divide", "square", "reciprocal"}
# Operations that may give a zero of either sign.
ENDS = {"maximum", "minimum", "fmax", "fmin", "clip", "sign"}
# Reductions with the same result in every order.
ORDERLESS = {"maximum", "minimum", "logical_and", "logical_or"}
# Functions of arrays that rearrange values or compare them.
STRUCTURAL = {
    *("reshape", "ravel", "transpose", "swapaxes", "moveaxis", "expand_dims", "squeeze", "concatenate", "stack"),
    *("split", "array_split", "where", "take", "take_along_axis", "broadcast_to", "broadcast_arrays", "repeat"),
    *("tile", "zeros_like", "ones_like", "full_like", "empty_like", "copy", "copyto", "flip", "roll", "pad"),
    *("max", "min", "amax", "amin", "argmax", "argmin", "sort", "argsort", "searchsorted", "clip", "all", "any"),
    *("array_equal", "shape", "ndim", "size", "sum", "nonzero", "flatnonzero", "atleast_1d", "atleast_2d"),
    *("array_repr", "array_str", "array2string", "result_type", "can_cast", "shares_memory", "may_share_memory"),
    *("delete", "insert", "append", "hstack", "vstack", "diff", "count_nonzero", "real", "isin", "unique"),
}
HOW = "take it from `kvae.exact`: from kvae.exact import ops"
# Types that an operation may take beside an `Exact`: no tensors, which other libraries have computed.
KNOWN = (np.ndarray, np.generic, bool, int, float, complex, list, tuple)
# Sums of multiples of 2^-26 are exact, whatever their order, as long as they stay below 2^27.
GRID, EXACT_UNITS = 2.0**26, 2.0**53


class Exact(np.ndarray):
    """A float64 array, or one of booleans, on which every machine computes the same numbers to the bit.

    Additions, multiplications, divisions, roundings and comparisons work as on every array. What libraries and
    processors round in their own ways raises TypeError: `np.exp`, powers, products of matrices, and sums of
    numbers unless they are multiples of 2^-26 whose sums stay below 2^27, which no order of summation rounds.
    `kvae.exact.ops` has such functions. Subnormal results are 0.

    Args:
        values: Real numbers, which become float64, or booleans.

    Raises:
        TypeError: For complex numbers, texts, and floats of more bits.
    """

    def __new__(cls, values: Any) -> "Exact":
        array = np.asarray(values)
        if not real(array.dtype):
            raise TypeError(f"Exact takes real numbers of at most 64 bits. Received: dtype={array.dtype}")
        return np.array(array, bool if array.dtype == bool else np.float64).view(cls)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        name = ufunc.__name__
        plain = [bare(it) for it in inputs]
        if method == "reduce" and name == "add":
            check_sum(plain[0])
        elif not allowed(name, method):
            raise TypeError(refusal(f"np.{name}" if method == "__call__" else f"np.{name}.{method}"))
        for it in (*plain, np.empty(0, kwargs.get("dtype") or bool)):
            if not isinstance(it, KNOWN):
                raise TypeError(refusal(f"np.{name} with a {type(it).__name__}"))
            if not real(np.asarray(it).dtype):
                raise TypeError(refusal(f"np.{name} with {np.asarray(it).dtype}"))
        if out is not None:
            kwargs["out"] = tuple(bare(it) for it in out)
        with np.errstate(all="ignore"):
            result = getattr(ufunc, method)(*plain, **kwargs)
            if name in SMALL:
                result = np.where(np.abs(result) < TINY, 0.0, result) if out is None else flushed(result)
            elif name in ENDS and getattr(result, "dtype", None) == np.float64:
                result = result + 0.0 if out is None else np.add(result, 0.0, out=result)
        return out[0] if out is not None else wrapped(result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function.__name__ not in STRUCTURAL or not function.__module__.startswith("numpy"):
            raise TypeError(refusal(f"np.{function.__name__}"))
        return wrapped(super().__array_function__(function, types, args, kwargs))

    def dot(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(refusal("dot"))

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """An `Exact` array for float64 and bool, a plain array for other types."""
        return wrapped(np.asarray(self).astype(dtype, *args, **kwargs))

    def __tf_tensor__(self, dtype: Any = None, name: Any = None) -> Any:
        raise TypeError(refusal("a function of keras.ops or TensorFlow"))

    def __jax_array__(self) -> Any:
        raise TypeError(refusal("a function of keras.ops or JAX"))


def allowed(name: str, method: str) -> bool:
    """Whether a ufunc gives the same bits everywhere."""
    if method == "__call__":
        return name in SAME or name in SMALL or name in ENDS
    return method == "reduce" and name in ORDERLESS


def refusal(what: str) -> str:
    """Why an operation on `Exact` is refused."""
    return f"{what} is not computed alike on every machine, as coding needs: {HOW}. Received: an Exact array"


def real(dtype: Any) -> bool:
    """Whether every number of a type is a number of float64, or becomes the nearest one by one rounding."""
    return dtype.itemsize <= 8 and (dtype.kind in "fiub" or dtype.name.startswith(("bfloat16", "float8")))


def bare(values: Any) -> Any:
    """An `Exact` as a plain array; everything else unchanged."""
    return values.view(np.ndarray) if isinstance(values, Exact) else values


def wrapped(result: Any) -> Any:
    """Arrays and numbers of float64 or booleans as `Exact`, and those in lists; everything else unchanged."""
    if isinstance(result, list | tuple) and not hasattr(result, "_fields"):
        return type(result)(wrapped(it) for it in result)
    if isinstance(result, np.float64 | np.bool_):
        return np.asarray(result).view(Exact)
    if isinstance(result, np.ndarray):
        return result.view(Exact if result.dtype in (np.float64, np.bool_) else np.ndarray)
    return result


def flushed(result: np.ndarray) -> np.ndarray:
    """`result` itself, with subnormal numbers set to 0."""
    np.copyto(result, 0.0, where=np.abs(result) < TINY)
    return result


def check_sum(values: np.ndarray) -> None:
    """Raise TypeError unless no order of summation rounds the sum of all `values`, or of some of them."""
    if values.dtype.kind != "f" or not values.size:
        return
    units = values.astype(np.float64) * GRID
    if not (np.rint(units) == units).all() or np.abs(units).max() * values.size >= EXACT_UNITS:
        raise TypeError(refusal("a sum of numbers that are not multiples of 2^-26, or too large,"))


def as_exact(values: Any, whose: str) -> Exact:
    """`values`, checked to be `Exact`: a function of another library may have returned an array of its own.

    Raises:
        TypeError: When they are not `Exact`; its text names `whose` result they are.
    """
    if not isinstance(values, Exact):
        raise TypeError(
            f"{whose} is not computed alike on every machine, as coding needs: {HOW}. "
            f"Received: {type(values).__name__}"
        )
    return values
