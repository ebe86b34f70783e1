"""What a page computes with: steps, and which of them a layer or an operation of Keras becomes."""

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
    """One thing that the page does to a row: the name of a function in `kvae/report/scripts`, and its settings.

    Attributes:
        op: The function.
        settings: Plain values.
        arrays: Weights and constants, by name.
    """

    op: str
    settings: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)


# For every output the steps that give it, one after the other; the first takes the inputs.
Steps = list[Step]
Translation = Callable[[Call], "Steps | tuple[Steps, ...]"]
LAYERS: dict[str, Translation] = {}
OPERATIONS: dict[str, Translation] = {}


class UntranslatedError(ValueError):
    """Why the page cannot compute something, as the end of a sentence that begins with what it is."""


def of_layers(*kinds: str) -> Callable[[Translation], Translation]:
    """Register what layers of Keras become, by their names in `keras.layers`."""

    def register(translation: Translation) -> Translation:
        LAYERS.update(dict.fromkeys(kinds, translation))
        return translation

    return register


def of_operations(*kinds: str) -> Callable[[Translation], Translation]:
    """Register what operations of `keras.ops` become, by the names of their classes."""

    def register(translation: Translation) -> Translation:
        OPERATIONS.update(dict.fromkeys(kinds, translation))
        return translation

    return register


def known() -> None:
    """Import all files of `kvae.explorer.layers`, which register what they hold."""
    package = importlib.import_module("kvae.explorer.layers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def translated(call: Call) -> tuple[Steps, ...]:
    """The steps of every output of a layer or an operation that is called.

    Raises:
        UntranslatedError: Where there are none.
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
    except ValueError as error:  # of `kvae.exact.calls`, or a weight that is no number
        raise UntranslatedError(f"has a layer {kind} that cannot be computed here, {error}") from error
    return made if isinstance(made, tuple) else (made,)


def axis_of(axis: Any, call: Call, more: int = 0) -> int:
    """An axis of a batch as one of a row.

    Raises:
        UntranslatedError: For that of the batch, or none.
    """
    n = len(call.shapes[0]) + 1 + more
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer) or axis % n == 0:
        raise UntranslatedError(f"works along the axis {axis} of a batch in {type(call.layer).__name__}")
    return int(axis) % n - 1


def axes_of(axis: Any, call: Call) -> list[int]:
    """One axis of a batch or several as those of a row, in ascending order."""
    return sorted(axis_of(one, call) for one in (axis if isinstance(axis, list | tuple) else [axis]))
