"""A layer's call in a network, and the registered exact counterparts of layers."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kvae.exact.operation import Operation

Counterpart = Callable[["Call"], Operation | tuple[Operation, ...]]
# Smaller numbers are subnormal in float32, which some processors are set to treat as 0.
TINY = 2.0**-126
LAYERS: dict[str, Counterpart] = {}
OPERATIONS: dict[str, Counterpart] = {}


@dataclass(frozen=True)
class Call:
    """A Keras layer or operation that is called on tensors.

    Attributes:
        layer: The layer.
        bounds: The largest absolute value of each input, in units.
        shapes: The shape of each input, without the batch axis.
        output_shape: The shape of the first output, likewise.
        arguments: The positional arguments of the call; inputs are KerasTensors.
        keywords: The keyword arguments of the call, likewise.
    """

    layer: Any
    bounds: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def bound(self) -> int:
        """The largest absolute value of all inputs, in units."""
        return max(self.bounds)

    @property
    def channels_last(self) -> bool:
        """Whether channels are the last axis."""
        return getattr(self.layer, "data_format", None) != "channels_first"

    def weight(self, name: str) -> np.ndarray:
        """A weight of the layer as float64; 0 for what is subnormal in float32.

        Raises:
            CounterpartError: If a number is not finite.
        """
        values = np.asarray(getattr(self.layer, name)).astype(np.float64)
        if not np.isfinite(values).all():
            raise CounterpartError(f"its weight {name} holds {values[~np.isfinite(values)][0]}")
        return np.where(np.abs(values) < TINY, 0.0, values)


class CounterpartError(ValueError):
    """A layer has no exact counterpart; the text says why, to follow the layer's name."""


def of_layers(*kinds: str) -> Callable[[Counterpart], Counterpart]:
    """Register a counterpart of layers of Keras by their names in `keras.layers`."""

    def register(counterpart: Counterpart) -> Counterpart:
        LAYERS.update(dict.fromkeys(kinds, counterpart))
        return counterpart

    return register


def of_operations(*kinds: str) -> Callable[[Counterpart], Counterpart]:
    """Register a counterpart of operations of `keras.ops` by the names of their classes."""

    def register(counterpart: Counterpart) -> Counterpart:
        OPERATIONS.update(dict.fromkeys(kinds, counterpart))
        return counterpart

    return register


def known() -> None:
    """Import all files of `kvae.exact.layers`, which register what they hold."""
    package = importlib.import_module("kvae.exact.layers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def counterparts(call: Call) -> tuple[Operation, ...]:
    """The exact counterpart of a layer: an operation for each output.

    Raises:
        CounterpartError: When there is none.
    """
    known()
    layer = call.layer
    own = getattr(layer, "exact", None)
    if callable(own):
        return as_tuple(own(call))
    kind, home = type(layer).__name__, type(layer).__module__
    found = None
    if home.startswith("keras.") and not {"call", "__call__"} & set(vars(layer)):
        found = LAYERS.get(kind) if ".layers." in home else OPERATIONS.get(kind)
    if found is None:
        raise CounterpartError(f"only these have one: {', '.join(sorted(LAYERS))}")
    check_plain(layer)
    if ".layers." in home:
        check_call(call)
    return as_tuple(found(call))


def counterpart(call: Call) -> Operation:
    """The exact counterpart of a layer with one output."""
    (operation,) = counterparts(call)
    return operation


def as_tuple(made: Operation | tuple[Operation, ...]) -> tuple[Operation, ...]:
    """One operation or several as a tuple."""
    return made if isinstance(made, tuple) else (made,)


def check_call(call: Call) -> None:
    """Raise CounterpartError for a layer that is called with more than its inputs, such as masks and states."""
    given = [it for it in (*call.arguments, *call.keywords.values()) if it is not None]
    if len(given) > 1 or (call.bounds and len(call.bounds) > 1 and not isinstance(given[0], list | tuple)):
        raise CounterpartError(f"as it is called with {len(given)} arguments")


def check_plain(layer: Any) -> None:
    """Raise CounterpartError for a layer that computes with other weights than those it was trained with."""
    if getattr(layer, "quantization_mode", None) is not None:
        raise CounterpartError("its weights are quantized by Keras")
    if getattr(layer, "lora_enabled", False):
        raise CounterpartError("its weights have a LoRA part: save the model and load it, so that they are one")
