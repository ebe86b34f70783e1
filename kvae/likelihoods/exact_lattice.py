"""A stage of `StagedMixture` for coding: the same whole numbers on every machine."""

import math
from typing import Any

import keras
import numpy as np

from kvae.exact.array import Exact
from kvae.exact.functions import exp
from kvae.exact.network import ExactNetwork
from kvae.likelihoods.lattices import inside, to_lattices

# The largest weight of a component, and about the sum of its levels' masses: products must sum to at most 2^53.
MOST_WEIGHT, MOST_MASS = 2.0**20, 2.0**24


class ExactLattice:
    """One lattice of an image, whose levels' masses depend on earlier lattices (`kvae.likelihoods.stages.Stage`).

    Products of its whole weights and masses sum up to less than 2^53, so that no order of summation rounds them.

    Args:
        network: The convolutions of the stage.
        table: Logits of the levels under every component, `(n_components, n_levels)`; None where every level is a
            component.
        data_shape: Shape of an image.
        number: The index of the lattice, 0 to 3.
        n_levels: How many levels there are.
        unit: The factor of levels in the inputs of the convolutions.
    """

    def __init__(
        self,
        network: keras.Model,
        table: np.ndarray | None,
        data_shape: tuple[int, ...],
        number: int,
        n_levels: int,
        unit: float,
    ):
        self.network = ExactNetwork(network)
        self.masses = None if table is None else masses_of(np.asarray(table, np.float64))
        self.data_shape, self.number, self.n_levels, self.unit = data_shape, number, n_levels, unit
        self.inside = inside(data_shape, number)
        size = math.prod(data_shape)
        self.places = to_lattices(np.arange(size).reshape(1, *data_shape), np)[number][0][self.inside]

    def mixtures(self, params: Exact, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        known = to_lattices(levels.astype(np.float64), np)[: self.number]
        seen = [channel for it in known for channel in self.seen(it)]
        (logits,) = self.network(np.concatenate([np.asarray(params), *seen], axis=-1))
        channels = self.data_shape[-1]
        each = np.asarray(logits).reshape(*logits.shape[:3], channels, logits.shape[-1] // channels)
        each = each[:, self.inside]
        return np.rint(exp(each - each.max(axis=-1, keepdims=True)) * MOST_WEIGHT), self.masses

    def seen(self, levels: np.ndarray) -> list[np.ndarray]:
        """The inputs of the convolutions from the levels of a lattice."""
        return [levels] if self.n_levels == 2 else [levels * self.unit, np.minimum(levels, 1.0)]


def masses_of(table: np.ndarray) -> np.ndarray:
    """The masses of the levels under every component, from their logits: whole numbers that sum to about 2^24."""
    weights: Any = np.rint(exp(table - table.max(axis=-1, keepdims=True)) * MOST_WEIGHT)
    return np.floor(weights * (MOST_MASS / weights.sum(axis=-1, keepdims=True)))
