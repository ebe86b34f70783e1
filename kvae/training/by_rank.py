"""A graph for each rank of the inputs: a message has variances `(n, d)` or covariances `(n, d, d)`.

`tf.function` makes one graph of both, in which the rank is unknown, and which could not tell them apart.
"""

import itertools
from collections.abc import Callable
from typing import Any

import tensorflow as tf


class ByRank:
    """A function that is made anew for inputs whose tensors have other ranks.

    Attributes:
        make: Makes the function.
        functions: Those made so far, by the ranks of their inputs.
    """

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        self.make = make
        self.functions: dict[tuple[int | None, ...], Callable[..., Any]] = {}

    def __call__(self, *args: Any) -> Any:
        if len(args) == 1 and hasattr(args[0], "__next__") and not hasattr(args[0], "element_spec"):
            first = next(args[0])  # a generator of Keras's `train_on_batch`
            ranks, args = ranks_of(first), (itertools.chain([first], args[0]),)
        else:
            ranks = ranks_of([getattr(one, "element_spec", one) for one in args])
        if ranks not in self.functions:
            self.functions[ranks] = self.make()
        return self.functions[ranks](*args)


def ranks_of(tensors: Any) -> tuple[int | None, ...]:
    """The ranks of all tensors, arrays or specs in a structure; None where there is none, or none is known."""
    return tuple(map(rank_of, tf.nest.flatten(tensors)))


def rank_of(tensor: Any) -> int | None:
    """The number of axes of a tensor, an array or a spec; None if it is not known."""
    shape = getattr(tensor, "shape", None)
    return shape.rank if isinstance(shape, tf.TensorShape) else None if shape is None else len(shape)
