"""A functional Keras model as a list of steps, with the steps of nested models in their place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kvae.exact.calls import Call, CounterpartError, counterparts
from kvae.exact.operation import Operation


@dataclass(frozen=True)
class Step:
    """One operation, the places in the network's memory that it reads, and the place that it writes."""

    operation: Operation
    sources: tuple[int, ...]
    target: int


class Graph:
    """The steps of a network, in an order in which they can be taken.

    Args:
        network: A functional or sequential Keras model.
        bound: The largest absolute value of its inputs, in units.

    Raises:
        ValueError: For a layer without an exact counterpart.
    """

    def __init__(self, network: Any, bound: int) -> None:
        self.name = network.name
        self.steps: list[Step] = []
        self.bounds: list[int] = []
        self.shapes: list[tuple[int, ...]] = []
        network = functional(network)
        if network is None:
            raise ValueError(f"{self.subject()}: it is not a functional model, keras.Model(inputs, outputs)")
        self.inputs = tuple(self.place(bound, shape_of(tensor)) for tensor in network.inputs)
        self.outputs = tuple(self.walk(network, self.inputs))

    def subject(self) -> str:
        """The beginning of all error texts."""
        return f"the network {self.name!r} cannot be computed alike on every machine, as coding needs"

    def place(self, bound: int, shape: tuple[int, ...]) -> int:
        """A new place in memory, for rows of a shape."""
        self.bounds.append(bound)
        self.shapes.append(shape)
        return len(self.bounds) - 1

    def walk(self, network: Any, sources: tuple[int, ...]) -> list[int]:
        """Add the steps of a functional model whose inputs are at `sources`; the places of its outputs."""
        for tensor in network.inputs:
            if not str(tensor.dtype).startswith(("float", "bfloat")):
                raise ValueError(f"{self.subject()}: its input {tensor.name!r} is {tensor.dtype}, not a float")
        places = {id(tensor): place for tensor, place in zip(network.inputs, sources, strict=True)}
        for node in nodes(network):
            missing = [tensor for tensor in node.arguments.keras_tensors if id(tensor) not in places]
            if missing:
                raise ValueError(f"{self.subject()}: {missing[0].name!r} is not made from its inputs")
            taken = tuple(places[id(tensor)] for tensor in node.arguments.keras_tensors)
            try:
                made = self.step(node, taken)
            except CounterpartError as why:
                layer = node.operation
                raise ValueError(
                    f"{self.subject()}: its layer {layer.name!r} ({type(layer).__name__}) has no exact "
                    f"counterpart, {why}"
                ) from None
            places.update(zip(map(id, node.outputs), made, strict=True))
        return [places[id(tensor)] for tensor in network.outputs]

    def step(self, node: Any, taken: tuple[int, ...]) -> list[int]:
        """Add what a node of Keras's graph does; the places of its outputs."""
        layer = node.operation
        arguments, keywords = node.arguments.args, dict(node.arguments.kwargs)
        if keywords.pop("training", None):
            raise CounterpartError("as it is called with training=True")
        if holds_any(keywords.pop("mask", None)):
            raise CounterpartError("as it is called with a mask")
        inner = functional(layer)
        shapes = tuple(map(shape_of, node.arguments.keras_tensors))
        if inner is not None:
            if not fits(inner, [*arguments, *keywords.values()]):
                raise CounterpartError("as it is called with inputs of another structure than it was built with")
            if tuple(map(shape_of, inner.inputs)) != shapes:
                raise CounterpartError("as its inputs have another shape than it was built for")
            return self.walk(inner, taken)
        output_shapes = [shape_of(tensor) for tensor in node.outputs]
        if any(None in shape for shape in (*shapes, *output_shapes)):
            raise CounterpartError("as its shapes are not known: give keras.Input every length")
        bounds = tuple(self.bounds[place] for place in taken)
        operations = counterparts(Call(layer, bounds, shapes, output_shapes[0], arguments, keywords))
        made = zip(operations, output_shapes, strict=True)
        targets = [self.place(operation.bound, shape) for operation, shape in made]
        self.steps += [Step(it, taken, target) for it, target in zip(operations, targets, strict=True)]
        return targets


def shape_of(tensor: Any) -> tuple[int, ...]:
    """The shape of a row of a symbolic tensor."""
    return tuple(tensor.shape[1:])


def holds_any(values: Any) -> bool:
    """Whether a value, list or dictionary holds anything but None."""
    if isinstance(values, dict | list | tuple):
        return any(map(holds_any, values.values() if isinstance(values, dict) else values))
    return values is not None


def fits(network: Any, arguments: list[Any]) -> bool:
    """Whether a model is called with its inputs in the order in which it has them."""
    by_name = [isinstance(it, dict) for it in (network._inputs_struct, arguments[0])]
    return len(arguments) == 1 and by_name[0] == by_name[1]  # Keras sorts the names in both


def functional(layer: Any) -> Any:
    """The functional model that a layer is, whose `call` is Keras's own; None for all others."""
    if getattr(layer, "_functional", None) is not None:  # keras.Sequential
        inner = layer._functional
    elif hasattr(layer, "_nodes_by_depth"):
        inner = layer
    else:
        return None
    whose = next(kind for kind in type(layer).__mro__ if "call" in vars(kind))
    return inner if whose.__module__.startswith("keras.") and "call" not in vars(layer) else None


def nodes(network: Any) -> Iterator[Any]:
    """The calls of a functional model's layers, each after those whose results it takes."""
    by_depth = network._nodes_by_depth
    for depth in sorted(by_depth, reverse=True):
        for node in by_depth[depth]:
            if node.operation is not None and not node.is_input:
                yield node
