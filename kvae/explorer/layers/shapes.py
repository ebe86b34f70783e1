"""Layers and operations that rearrange values: reshaping, transposing, slicing, joining, reducing."""

from typing import Any

import numpy as np

from kvae.exact.calls import Call
from kvae.exact.layers.axes import of_axes
from kvae.explorer.layers.elementwise import is_input
from kvae.explorer.translation import Step, Steps, UntranslatedError, axes_of, axis_of, of_layers, of_operations


@of_layers("Reshape", "Flatten")
def reshape_layer(call: Call) -> Steps:
    if len(call.shapes[0]) > 1 and not call.channels_last:
        raise UntranslatedError(f"has channels first in {type(call.layer).__name__}")
    return []


@of_operations("Reshape", "Squeeze", "ExpandDims")
def reshape(call: Call) -> Steps:
    new, axis = getattr(call.layer, "newshape", None), getattr(call.layer, "axis", None)
    kind = type(call.layer).__name__
    if new is not None and new[0] != -1 and None not in new[:1]:
        raise UntranslatedError("reshapes whole batches")
    if axis is not None:
        axes_of(axis, call) if kind == "Squeeze" else axis_of(axis, call, more=1)
    return []


@of_layers("Permute")
def permute(call: Call) -> Steps:
    return [Step("transpose", {"axes": [int(it) - 1 for it in call.layer.dims]})]


@of_operations("Transpose")
def transpose(call: Call) -> Steps:
    n = len(call.shapes[0]) + 1
    axes = [int(it) % n for it in (call.layer.axes or range(n)[::-1])]
    if axes[0] != 0:
        raise UntranslatedError("moves the axis of the batch")
    return [Step("transpose", {"axes": [it - 1 for it in axes[1:]]})]


@of_operations("Swapaxes")
def swap(call: Call) -> Steps:
    order = list(range(len(call.shapes[0])))
    one, other = (axis_of(it, call) for it in (call.layer.axis1, call.layer.axis2))
    order[one], order[other] = order[other], order[one]
    return [Step("transpose", {"axes": order})]


@of_layers("RepeatVector")
def repeat_vector(call: Call) -> Steps:
    return [Step("tile", {"times": int(call.layer.n)})]


@of_layers("UpSampling1D", "UpSampling2D")
def up_sampling(call: Call) -> Steps:
    layer, n = call.layer, len(call.shapes[0]) - 1
    if not call.channels_last or getattr(layer, "interpolation", "nearest") != "nearest":
        how = getattr(layer, "interpolation", "nearest")
        raise UntranslatedError(f"has an {type(layer).__name__} with interpolation={how} or channels first")
    return [Step("repeat", {"times": [*of_axes(layer.size, n), 1]})]


@of_layers("Cropping1D", "Cropping2D")
def cropping(call: Call) -> Steps:
    starts = [one[0] for one in margins(call, call.layer.cropping)]
    return [Step("part", {"starts": [*starts, 0], "strides": [1] * (len(starts) + 1)})]


@of_layers("ZeroPadding1D", "ZeroPadding2D")
def zero_padding(call: Call) -> Steps:
    return [Step("pad", {"before": [*(one[0] for one in margins(call, call.layer.padding)), 0]})]


def margins(call: Call, given: Any) -> list[tuple[int, int]]:
    """The lengths that a layer crops or pads before and after each axis except channels."""
    if not call.channels_last:
        raise UntranslatedError(f"has channels first in {type(call.layer).__name__}")
    pairs = given if isinstance(given[0], list | tuple) else [given]
    return [(int(before), int(behind)) for before, behind in pairs]


@of_operations("GetItem")
def get_item(call: Call) -> Steps:
    key = call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("key")
    keys: list = list(key) if isinstance(key, tuple | list) else [key]
    shape, n = call.shapes[0], len(call.shapes[0]) + 1
    if any(it is Ellipsis for it in keys):
        i = next(i for i, it in enumerate(keys) if it is Ellipsis)
        named = sum(it is not None for it in keys) - 1
        keys[i : i + 1] = [slice(None)] * (n - named)
    keys = [it for it in keys if it is not None]  # a new axis of length 1 does not change the order
    keys += [slice(None)] * (n - len(keys))
    if len(keys) != n or keys[0] != slice(None) or not all(isinstance(it, slice | int) for it in keys):
        raise UntranslatedError("slices its input other than within rows")
    ranges = [
        range(*it.indices(length)) if isinstance(it, slice) else range(it % length, it % length + 1)
        for it, length in zip(keys[1:], shape, strict=True)
    ]
    return [part(ranges)]


def part(ranges: list[range]) -> Step:
    """A slice of a row, a range per axis; axes of length 1 may be dropped."""
    lengths = [len(it) for it in ranges]
    where = {"starts": [it.start for it in ranges], "strides": [it.step for it in ranges]}
    return Step("part", {**where, "lengths": lengths})


@of_operations("Split")
def split(call: Call) -> tuple[Steps, ...]:
    axis, shape = axis_of(call.layer.axis, call), call.shapes[0]
    parts = call.layer.indices_or_sections
    ends = [shape[axis] * i // parts for i in range(1, parts)] if isinstance(parts, int) else list(parts)
    found = []
    for start, stop in zip([0, *ends], [*ends, shape[axis]], strict=True):
        ranges = [range(start, stop) if i == axis else range(length) for i, length in enumerate(shape)]
        found.append([part(ranges)])
    return tuple(found)


@of_layers("Concatenate")
def concatenate_layer(call: Call) -> Steps:
    return [Step("concatenate", {"axis": axis_of(call.layer.axis, call)})]


@of_operations("Stack")
def stack(call: Call) -> Steps:
    given = call.arguments[0] if call.arguments else next(iter(call.keywords.values()))
    if not all(map(is_input, given)):
        raise UntranslatedError("puts constants beside values")
    return [Step("stack", {"axis": axis_of(call.layer.axis, call, more=1)})]


@of_operations("Concatenate")
def concatenate(call: Call) -> Steps:
    given = call.arguments[0] if call.arguments else next(iter(call.keywords.values()))
    if not all(map(is_input, given)):
        raise UntranslatedError("puts constants beside values")
    return [Step("concatenate", {"axis": axis_of(call.layer.axis, call)})]


@of_operations("Take")
def take(call: Call) -> Steps:
    arguments: list = [*call.arguments, *call.keywords.values()]
    if len(arguments) < 2 or is_input(arguments[1]):
        raise UntranslatedError("takes indices that differ between rows")
    axis = axis_of(call.layer.axis, call)
    places = np.asarray(arguments[1]).astype(int)
    if places.ndim != 1:
        raise UntranslatedError("takes indices with more than one axis")
    return [Step("take", {"axis": axis, "places": (places % call.shapes[0][axis]).tolist()})]


@of_operations("Sum", "Mean", "Max", "Min", "Argmax", "Logsumexp")
def reduced(call: Call) -> Steps:
    if call.layer.axis is None or getattr(call.layer, "initial", None) is not None:
        raise UntranslatedError("reduces the axis of the batch")
    return [
        Step("reduce", {"function": type(call.layer).__name__.lower(), "axes": axes_of(call.layer.axis, call)})
    ]
