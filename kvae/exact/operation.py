"""The operations of exact networks, on units, and the fingerprint of an operation."""

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Operation:
    """A function from arrays of units `(n, ...)` (`kvae.exact.units`) to such arrays, row by row.

    It depends on nothing but its fields: numbers, texts, arrays, other operations, and tuples of these.

    Attributes:
        bound: The largest absolute value of its results, in units.
    """

    bound: int

    def __call__(self, *inputs: Array) -> Array:
        raise NotImplementedError

    def widest(self, size: int) -> int:
        """The most numbers in memory at once for a row whose inputs hold `size` numbers."""
        return size


@dataclass(frozen=True, eq=False)
class Chain(Operation):
    """One operation after the other."""

    operations: tuple[Operation, ...]

    def __call__(self, *inputs: Array) -> Array:
        first, *others = self.operations
        units = first(*inputs)
        for operation in others:
            units = operation(units)
        return units

    def widest(self, size: int) -> int:
        return max(operation.widest(size) for operation in self.operations)


@dataclass(frozen=True, eq=False)
class Same(Operation):
    """The identity."""

    def __call__(self, *inputs: Array) -> Array:
        return inputs[0]


def chain(*operations: Operation) -> Operation:
    """Operations one after the other, without identities."""
    some = [it for it in operations if not isinstance(it, Same)]
    if len(some) == 1:
        return some[0]
    return Chain(operations[-1].bound, tuple(some)) if some else operations[-1]


def feed(sha: "hashlib._Hash", value: Any) -> None:
    """Add an operation, or a part of one, to a fingerprint: the same bytes on every machine.

    Raises:
        TypeError: For anything without a fixed form in bytes, such as a function.
    """
    if isinstance(value, Operation):
        feed(sha, type(value).__name__)
        for field in (it for it in dataclasses.fields(value) if it.compare):
            feed(sha, field.name)
            feed(sha, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        kind = "<f8" if value.dtype.kind == "f" else "<i8"
        feed(sha, (kind, *value.shape))
        sha.update(np.ascontiguousarray(value, kind).tobytes())
    elif isinstance(value, list | tuple):
        feed(sha, len(value))
        for it in value:
            feed(sha, it)
    elif value is None or isinstance(value, str | bool | int | float | np.number):
        number = value.item() if isinstance(value, np.number) else value
        text = number.hex() if isinstance(number, float) else repr(number)
        sha.update(f"{type(number).__name__} {len(text)} {text};".encode())
    else:
        raise TypeError(f"an operation is made of numbers, texts, arrays and operations. Received: {value!r}")
