"""A decoder as a program that a page runs: steps on one row, in order, and their weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact.calls import Call
from kvae.exact.graph import fits, functional, holds_any, nodes, shape_of
from kvae.explorer.translation import Step, UntranslatedError, translated


@dataclass(frozen=True)
class Program:
    """The computation of a network on one row.

    Attributes:
        steps: The steps in order, as plain values: `op`, the memory slots `in` that it reads and `out` that it
            writes, the `shape` of its result, its settings, and its arrays as `{"at": ..., "shape": ...}` in
            `weights`.
        outputs: The slots of the results; the input is in slot 0.
        weights: All arrays, joined, float32.
    """

    steps: list[dict[str, Any]]
    outputs: list[int]
    weights: np.ndarray


class Writer:
    """Records the steps of a functional model with one input.

    Raises:
        UntranslatedError: When the page cannot compute the model.
    """

    def __init__(self, network: Any) -> None:
        network = functional(network)
        if network is None:
            raise UntranslatedError("is no functional model, keras.Model(inputs, outputs)")
        if len(network.inputs) != 1:
            raise UntranslatedError(f"has {len(network.inputs)} inputs")
        self.steps: list[dict[str, Any]] = []
        self.arrays: list[np.ndarray] = []
        self.n_places, self.n_weights = 1, 0
        outputs = self.walk(network, [0])
        weights = np.concatenate(self.arrays) if self.arrays else np.zeros(0, np.float32)
        self.program = Program(self.steps, outputs, weights)

    def walk(self, network: Any, sources: list[int]) -> list[int]:
        """Record a functional model whose inputs are in slots `sources`; returns the slots of its outputs."""
        places = {id(tensor): place for tensor, place in zip(network.inputs, sources, strict=True)}
        for node in nodes(network):
            taken = [places[id(tensor)] for tensor in node.arguments.keras_tensors]
            places.update(zip(map(id, node.outputs), self.node(node, taken), strict=True))
        return [places[id(tensor)] for tensor in network.outputs]

    def node(self, node: Any, taken: list[int]) -> list[int]:
        """Record a node of Keras's graph; returns the slots of its outputs."""
        layer, arguments = node.operation, node.arguments.args
        keywords = dict(node.arguments.kwargs)
        if keywords.pop("training", None) or holds_any(keywords.pop("mask", None)):
            raise UntranslatedError(f"calls {layer.name} with a mask or in training mode")
        inner = functional(layer)
        shapes = tuple(map(shape_of, node.arguments.keras_tensors))
        if inner is not None:
            if not fits(inner, [*arguments, *keywords.values()]) or tuple(map(shape_of, inner.inputs)) != shapes:
                raise UntranslatedError(f"calls {layer.name} with other inputs than it was made for")
            return self.walk(inner, taken)
        output_shapes = [shape_of(tensor) for tensor in node.outputs]
        if any(None in shape for shape in (*shapes, *output_shapes)):
            raise UntranslatedError("has axes whose lengths are not fixed")
        bounds = (0,) * len(taken)
        made = translated(Call(layer, bounds, shapes, output_shapes[0], arguments, keywords))
        return [self.chain(steps, taken, shape) for steps, shape in zip(made, output_shapes, strict=True)]

    def chain(self, steps: list[Step], taken: list[int], shape: tuple[int, ...]) -> int:
        """Record steps in a chain; returns the slot of the last result, which has `shape`."""
        for step in steps or [Step("reshape")]:
            arrays = {name: self.kept(array) for name, array in step.arrays.items()}
            out = {"op": step.op, "in": taken, "out": self.n_places, "shape": list(shape)}
            self.steps.append({**out, **step.settings, **arrays})
            taken, self.n_places = [self.n_places], self.n_places + 1
        return taken[0]

    def kept(self, array: Any) -> dict[str, Any]:
        """Append an array to the weights; returns its position and shape."""
        array = np.asarray(array)
        values = np.ravel(array).astype(np.float32)
        if not np.isfinite(values).all():
            raise UntranslatedError("has weights that are not finite")
        at, self.n_weights = self.n_weights, self.n_weights + len(values)
        self.arrays.append(values)
        return {"at": at, "shape": list(array.shape)}


def program_of(network: Any) -> Program:
    """A functional model with one input as a program.

    Raises:
        UntranslatedError: When the page cannot compute the model.
    """
    return Writer(network).program
