"""Coder of values that depend on each other: in stages, each under masses that depend on earlier stages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae.exact.array import Exact
from kvae.likelihoods.stages import Stage
from kvae.uses.compression.stack import TOTAL, Stack, constriction

# Masses that are held at once, 32 MiB. It is part of the format, since it sets how many rows are coded together.
AT_ONCE = 2**22


class InStages:
    """The coder of a likelihood with stages; decoding makes one pass through each stage.

    Of each value, it is first coded whether it is the lowest level, as most of an image's background is: masses of
    the other levels are computed only where it is not.

    Args:
        stages: The result of `Likelihood.coding_stages`.
        data_shape: Shape of an observation.
        n_values: How many levels there are.
    """

    def __init__(self, stages: Sequence[Stage], data_shape: tuple[int, ...], n_values: int):
        self.stages, self.data_shape, self.n_values = stages, data_shape, n_values

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        bits = np.zeros(len(levels))
        flat = levels.reshape(len(levels), -1)
        for stage in reversed(self.stages):
            for rows in reversed(self.parts(len(levels), stage)):
                mixtures = Mixtures(*stage.mixtures(Exact(params[rows]), levels[rows]), self.n_values)
                symbols = flat[rows][:, stage.places].astype(np.int32).ravel()
                bits[rows] += mixtures.push(stack, symbols).reshape(rows.stop - rows.start, -1).sum(axis=-1)
        return bits

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        n = len(params)
        levels = np.zeros((n, *self.data_shape), np.int32)
        flat = levels.reshape(n, -1)
        for stage in self.stages:
            for rows in self.parts(n, stage):
                mixtures = Mixtures(*stage.mixtures(Exact(params[rows]), levels[rows]), self.n_values)
                flat[rows.start : rows.stop, stage.places] = mixtures.pop(stack).reshape(-1, len(stage.places))
        return levels

    def parts(self, n: int, stage: Stage) -> list[slice]:
        """Slices of `n` rows whose masses in a stage fit in `AT_ONCE`."""
        step = max(1, AT_ONCE // max(1, len(stage.places) * self.n_values))
        return [slice(start, min(start + step, n)) for start in range(0, n, step)]


class Mixtures:
    """Mixtures of which values are draws that are independent of each other.

    Args:
        components: Whole weights `(..., k)`.
        masses: Whole masses of the levels under each component, `(k, n_values)`; None: component i is level i.
        n_values: How many levels there are.
    """

    def __init__(self, components: np.ndarray, masses: np.ndarray | None, n_values: int):
        self.components, self.masses = components.reshape(-1, components.shape[-1]), masses
        self.n_others = n_values - 1
        # Masses of the lowest level and of all levels under each component.
        both = np.eye(n_values, 1) if masses is None else masses[:, :1]
        both = np.stack([both[:, 0], np.ones(n_values) if masses is None else masses.sum(axis=-1)], axis=-1)
        lowest, every = (self.components @ both).T
        self.others = np.clip(np.floor((every - lowest) / every * TOTAL), 1.0, TOTAL - 1.0)

    def weights(self, places: np.ndarray) -> np.ndarray:
        """Whole weights of all levels but the lowest, `(len(places), n_values - 1)`."""
        some = self.components[places]
        weights = some[:, 1:] if self.masses is None else some @ self.masses[:, 1:]
        return weights + (weights.sum(axis=-1, keepdims=True) == 0.0)

    def push(self, stack: Stack, symbols: np.ndarray) -> np.ndarray:
        """Push levels, int32 `(n,)`; return the bits of each."""
        other = symbols > 0
        bits = -np.log2(np.where(other, self.others, TOTAL - self.others) / TOTAL)
        if self.n_others > 1 and (places := np.flatnonzero(other)).size:
            weights, chosen = self.weights(places), symbols[places] - 1
            stack.push(chosen, self.model.Categorical(perfect=False), weights)
            share = weights[np.arange(len(places)), chosen] / weights.sum(axis=-1)
            bits[places] -= np.log2((share * (TOTAL - self.n_others) + 1.0) / TOTAL)
        stack.push(other.astype(np.int32), self.model.Bernoulli(perfect=False), self.others / TOTAL)
        return bits

    def pop(self, stack: Stack) -> np.ndarray:
        """Pop levels, int32 `(n,)`."""
        levels = np.array(stack.pop(self.model.Bernoulli(perfect=False), self.others / TOTAL))
        if self.n_others > 1 and (places := np.flatnonzero(levels)).size:
            levels[places] += stack.pop(self.model.Categorical(perfect=False), self.weights(places))
        return levels

    @property
    def model(self) -> Any:
        """The families of models."""
        return constriction().stream.model
