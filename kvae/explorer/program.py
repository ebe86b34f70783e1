"""A decoder as a program that a page computes: steps on one row, in order, and their weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.exact.calls import Call
from kvae.exact.graph import fits, functional, holds_any, nodes, shape_of
from kvae.explorer.translation import Step, UntranslatedError, translated


@dataclass(frozen=True)
class Program:
    """What a network does to one row.

    Attributes:
        steps: In order. Each is plain values: `op`, the places `in` that it takes and `out` that it fills, the
            `shape` that comes out, its settings, and its arrays as `{"at": ..., "shape": ...}` in `weights`.
        outputs: The places of the results; the input stands at place 0.
        weights: All arrays, one behind the other, float32.
    """

    steps: list[dict[str, Any]]
    outputs: list[int]
    weights: np.ndarray


class Writer:
    """Writes down the steps of a functional model whose one input is a row.

    Raises:
        UntranslatedError: For what the page cannot compute.
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
        """Write down a functional model whose inputs are at `sources`; the places of its outputs."""
        places = {id(tensor): place for tensor, place in zip(network.inputs, sources, strict=True)}
        for node in nodes(network):
            taken = [places[id(tensor)] for tensor in node.arguments.keras_tensors]
            places.update(zip(map(id, node.outputs), self.node(node, taken), strict=True))
        return [places[id(tensor)] for tensor in network.outputs]

    def node(self, node: Any, taken: list[int]) -> list[int]:
        """Write down what a node of Keras's graph does; the places of its outputs."""
        layer, arguments = node.operation, node.arguments.args
        keywords = dict(node.arguments.kwargs)
        if keywords.pop("training", None) or holds_any(keywords.pop("mask", None)):
            raise UntranslatedError(f"calls {layer.name} with a mask or as if it learnt")
        inner = functional(layer)
        shapes = tuple(map(shape_of, node.arguments.keras_tensors))
        if inner is not None:
            if not fits(inner, [*arguments, *keywords.values()]) or tuple(map(shape_of, inner.inputs)) != shapes:
                raise UntranslatedError(f"calls {layer.name} with other inputs than it was made for")
            return self.walk(inner, taken)
        output_shapes = [shape_of(tensor) for tensor in node.outputs]
        if any(None in shape for shape in (*shapes, *output_shapes)):
            raise UntranslatedError("has lengths that are not known beforehand")
        bounds = (0,) * len(taken)
        made = translated(Call(layer, bounds, shapes, output_shapes[0], arguments, keywords))
        return [self.chain(steps, taken, shape) for steps, shape in zip(made, output_shapes, strict=True)]

    def chain(self, steps: list[Step], taken: list[int], shape: tuple[int, ...]) -> int:
        """Write down steps one after the other; the place of what the last gives, which has a shape."""
        for step in steps or [Step("reshape")]:
            arrays = {name: self.kept(array) for name, array in step.arrays.items()}
            out = {"op": step.op, "in": taken, "out": self.n_places, "shape": list(shape)}
            self.steps.append({**out, **step.settings, **arrays})
            taken, self.n_places = [self.n_places], self.n_places + 1
        return taken[0]

    def kept(self, array: Any) -> dict[str, Any]:
        """Keep an array with the weights; where it is."""
        array = np.asarray(array)
        values = np.ravel(array).astype(np.float32)
        if not np.isfinite(values).all():
            raise UntranslatedError("has weights that are not finite")
        at, self.n_weights = self.n_weights, self.n_weights + len(values)
        self.arrays.append(values)
        return {"at": at, "shape": list(array.shape)}


def program_of(network: Any) -> Program:
    """A functional model of one input as a program.

    Raises:
        UntranslatedError: For what the page cannot compute.
    """
    return Writer(network).program
