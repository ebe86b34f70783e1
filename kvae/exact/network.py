"""A learnt network that gives the same numbers on every machine, to the bit."""

import hashlib
import math
from typing import Any

import numpy as np

from kvae.exact.array import Exact, bare
from kvae.exact.graph import Graph
from kvae.exact.machine import check_machine
from kvae.exact.operation import feed
from kvae.exact.units import FRACTION, LARGEST, ONE, to_units

# The version of the computation: raised when a layer's counterpart gives other numbers than before.
VERSION = 1
# The most numbers in memory at once: larger batches are computed in parts.
NUMBERS_AT_ONCE = 2**23


class ExactNetwork:
    """A Keras model in whole numbers, which every machine, library and batch size computes alike.

    Activations are multiples of 2^-14 between -4096 and 4096; weights are multiples of a power of two that is as
    small as possible while no sum of products needs more than the 53 bits of float64. No such sum is rounded, in
    whatever order a library computes it. Layers are in inference mode. The weights are copied: Keras is not needed
    afterwards.

    Args:
        model: A functional or sequential model of layers that have a counterpart in `kvae.exact.layers`; models
            may be nested. Subclassed models have no counterpart.
        largest: The largest absolute value of inputs, up to 4096; larger ones are clipped.

    Raises:
        ValueError: For a layer without a counterpart, weights that are not finite, or a machine whose arithmetic
            is not that of IEEE-754.
    """

    def __init__(self, model: Any, largest: float = 4096.0) -> None:
        check_machine()
        graph = Graph(model, bound=min(math.ceil(largest * ONE), LARGEST))
        self.name = graph.name
        self.steps, self.inputs, self.outputs = graph.steps, graph.inputs, graph.outputs
        self.bounds, self.shapes = graph.bounds, graph.shapes
        self.last_use = {place: i for i, step in enumerate(self.steps) for place in step.sources}
        self.rows_at_once = max(1, NUMBERS_AT_ONCE // self.widest())

    @property
    def input_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of rows of the inputs."""
        return [self.shapes[place] for place in self.inputs]

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of rows of the outputs."""
        return [self.shapes[place] for place in self.outputs]

    def widest(self) -> int:
        """The most numbers that one row needs in a step."""
        sizes = [math.prod(shape) for shape in self.shapes]
        steps = (step.operation.widest(sum(sizes[place] for place in step.sources)) for step in self.steps)
        return max((*sizes, *steps))

    def __call__(self, *inputs: Any) -> list[Exact]:
        """The outputs `(n, *shape)` of inputs `(n, *shape)`, both multiples of 2^-14: inputs are rounded to them.

        Draws nothing.

        Raises:
            ValueError: For inputs of another shape or that are not finite, and where an output is NaN.
        """
        arrays = [checked(it, shape) for it, shape in zip(inputs, self.input_shapes, strict=True)]
        n = len(arrays[0])
        outputs = [np.empty((n, *shape)) for shape in self.output_shapes]
        for start in range(0, n, self.rows_at_once):
            rows = slice(start, start + self.rows_at_once)
            with np.errstate(invalid="ignore", divide="ignore"):
                found = self.run([it[rows] for it in arrays])
            for output, units in zip(outputs, found, strict=True):
                np.multiply(units, 2.0**-FRACTION, out=output[rows])
        for output in outputs:
            output += 0.0  # -0 becomes 0
            if np.isnan(output).any():  # machines turn NaN into different whole numbers
                raise ValueError(
                    f"the network {self.name!r} gives no number for some of these values. Received: nan"
                )
        return [output.view(Exact) for output in outputs]

    def run(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The outputs of some rows, in units."""
        memory: dict[int, np.ndarray] = {}
        for place, values in zip(self.inputs, inputs, strict=True):
            units = to_units(values.astype(np.float64))
            memory[place] = np.clip(units, -float(self.bounds[place]), float(self.bounds[place]))
        for i, step in enumerate(self.steps):
            memory[step.target] = step.operation(*(memory[place] for place in step.sources))
            for place in set(step.sources):
                if self.last_use[place] == i and place not in self.outputs:
                    del memory[place]
        return [memory[place] for place in self.outputs]

    def digest(self) -> bytes:
        """Fingerprint (SHA-256) of all that the network computes: the same on every machine."""
        sha = hashlib.sha256()
        feed(sha, ("exact network", VERSION, self.inputs, self.outputs))
        feed(sha, [self.bounds[place] for place in self.inputs])
        for step in self.steps:
            feed(sha, (step.operation, step.sources, step.target))
        return sha.digest()


def checked(values: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An input of a network as an array, checked."""
    array = np.asarray(bare(values))
    if array.shape[1:] != shape or array.ndim != len(shape) + 1:
        raise ValueError(f"the exact network takes rows of shape {shape}. Received: {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"the exact network takes finite numbers. Received: {array[~np.isfinite(array)][0]}")
    return array
