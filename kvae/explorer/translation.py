"""The steps of a page's program, and the register of translations from layers and operations of Keras."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kvae.exact.calls import Call, check_call, check_plain

Array = np.ndarray


@dataclass(frozen=True)
class Step:
    """One step of a program on a row.

    Attributes:
        op: The name of a function in `kvae/report/scripts`.
        settings: Its settings, as plain values.
        arrays: Its weights and constants, by name.
    """

    op: str
    settings: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)


# The steps that compute an output, in order; the first takes the inputs. A tuple has them for each output.
Steps = list[Step]
Translation = Callable[[Call], "Steps | tuple[Steps, ...]"]
LAYERS: dict[str, Translation] = {}
OPERATIONS: dict[str, Translation] = {}


class UntranslatedError(ValueError):
    """Why the page cannot compute something; its text continues a sentence such as `the decoder ...`."""


def of_layers(*kinds: str) -> Callable[[Translation], Translation]:
    """Register the translation of layers, by their names in `keras.layers`."""

    def register(translation: Translation) -> Translation:
        LAYERS.update(dict.fromkeys(kinds, translation))
        return translation

    return register


def of_operations(*kinds: str) -> Callable[[Translation], Translation]:
    """Register the translation of operations of `keras.ops`, by the names of their classes."""

    def register(translation: Translation) -> Translation:
        OPERATIONS.update(dict.fromkeys(kinds, translation))
        return translation

    return register


def known() -> None:
    """Import all files of `kvae.explorer.layers`, which register their translations."""
    package = importlib.import_module("kvae.explorer.layers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def translated(call: Call) -> tuple[Steps, ...]:
    """The steps for every output of a called layer or operation.

    Raises:
        UntranslatedError: When there is no translation.
    """
    known()
    layer = call.layer
    home, kind = type(layer).__module__, type(layer).__name__
    is_layer, found = ".layers." in home, None
    if home.startswith("keras.") and not {"call", "__call__"} & set(vars(layer)):
        found = (LAYERS if is_layer else OPERATIONS).get(kind)
    if found is None:
        raise UntranslatedError(f"has {'a layer' if hasattr(layer, 'weights') else 'an operation'} {kind}")
    try:
        check_plain(layer)
        if is_layer:
            check_call(call)
        made = found(call)
    except UntranslatedError:
        raise
    except ValueError as error:  # from `kvae.exact.calls`, or for a weight that is not finite
        raise UntranslatedError(f"has a layer {kind} that cannot be computed here, {error}") from error
    return made if isinstance(made, tuple) else (made,)


def axis_of(axis: Any, call: Call, more: int = 0) -> int:
    """The index in a row of an axis of a batch.

    Raises:
        UntranslatedError: For the axis of the batch itself, or no axis.
    """
    n = len(call.shapes[0]) + 1 + more
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or axis % n == 0:
        raise UntranslatedError(f"works along the axis {axis} of a batch in {type(call.layer).__name__}")
    return int(axis) % n - 1


def axes_of(axis: Any, call: Call) -> list[int]:
    """The indices in a row of one or several axes of a batch, in ascending order."""
    return sorted(axis_of(one, call) for one in (axis if isinstance(axis, list | tuple) else [axis]))
