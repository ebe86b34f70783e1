"""The position of channels: operations on images take channels last, whatever a layer's `data_format` is."""

from dataclasses import dataclass

import numpy as np

from kvae.exact.calls import Call
from kvae.exact.operation import Array, Operation, chain


@dataclass(frozen=True, eq=False)
class Transposed(Operation):
    """Rows with their axes in another order; axis 0 is that of the batch."""

    axes: tuple[int, ...]

    def __call__(self, *inputs: Array) -> Array:
        return np.transpose(inputs[0], self.axes)


def to_channels_last(bound: int, n_axes: int) -> Operation:
    """Channels from the first axis of a row to its last."""
    return Transposed(bound, (0, *range(2, n_axes + 1), 1))


def to_channels_first(bound: int, n_axes: int) -> Operation:
    """Channels from the last axis of a row to its first."""
    return Transposed(bound, (0, n_axes, *range(1, n_axes)))


def shape_of(call: Call) -> tuple[int, ...]:
    """The shape of a layer's input with channels last."""
    (shape,) = call.shapes
    return shape if call.channels_last else (*shape[1:], shape[0])


def as_the_layer(call: Call, operation: Operation, n_axes: int | None = None) -> Operation:
    """An operation on channels last, with the transpositions that its layer's `data_format` needs.

    Args:
        call: The layer.
        operation: The operation of the layer, on channels last.
        n_axes: The number of axes of a row of the result; None: as many as the input has. One axis stays in place.
    """
    n = len(call.shapes[0])
    if call.channels_last:
        return operation
    back = n if n_axes is None else n_axes
    parts = [to_channels_last(call.bound, n), operation]
    return chain(*parts, to_channels_first(operation.bound, back)) if back > 1 else chain(*parts)


def of_axes(value: object, n: int) -> tuple[int, ...]:
    """A number for each of n axes, from one for all or a sequence."""
    return tuple(int(it) for it in value) if isinstance(value, list | tuple) else (int(value),) * n  # type: ignore[call-overload]
