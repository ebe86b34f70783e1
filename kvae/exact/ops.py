"""The names of `keras.ops`, for formulas that take tensors while a model trains and `Exact` arrays while it codes.

With an `Exact` among its arguments, a function uses only operations that every machine rounds alike
(`kvae.exact.functions`), and sums in one fixed order; other calls go to `keras.ops` unchanged. A function without
such a form raises TypeError for an `Exact`. Only `like` is not in Keras: it gives constants the kind of a tensor.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kvae.exact.array import Exact, refusal, wrapped
from kvae.exact.portable import PORTABLE


def holds_exact(values: Any) -> bool:
    """Whether one of several values is `Exact`, or holds one."""
    if isinstance(values, list | tuple):
        return any(holds_exact(it) for it in values)
    return isinstance(values, Exact)


def is_tensor(value: Any) -> bool:
    """Whether a value is an array of another library."""
    return hasattr(value, "shape") and not isinstance(value, np.ndarray | np.generic | np.dtype)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return dispatched(name)


@functools.cache
def dispatched(name: str) -> Callable[..., Any]:
    """A function that computes portably where it gets an `Exact`, and as `keras.ops` does elsewhere."""
    exact = PORTABLE.get(name)

    def operation(*args: Any, **kwargs: Any) -> Any:
        if not (holds_exact(args) or holds_exact(tuple(kwargs.values()))):
            return getattr(keras_ops(), name)(*args, **kwargs)
        if exact is None:
            raise TypeError(
                f"ops.{name} has no form that every machine computes alike, as coding needs: take one of "
                f"{', '.join(sorted(PORTABLE))}. Received: an Exact array"
            )
        if any(is_tensor(it) for it in (*args, *kwargs.values())):
            raise TypeError(refusal(f"ops.{name} of a tensor beside it"))
        return wrapped(exact(*args, **kwargs))

    operation.__name__ = operation.__qualname__ = name
    return operation


@functools.cache
def keras_ops() -> Any:
    """`keras.ops`, imported when it is first needed."""
    from keras import ops

    return ops


def like(tensor: Any, values: Any) -> Any:
    """Constants as a tensor of the kind and the type of `tensor`: `Exact` where it is."""
    if isinstance(tensor, Exact):
        return Exact(values)
    return keras_ops().convert_to_tensor(values, dtype=tensor.dtype)
