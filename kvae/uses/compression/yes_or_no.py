"""Coder of values of two levels, with masses from a table."""

from typing import Any

import numpy as np

from kvae.exact.array import Exact, as_exact
from kvae.uses.compression.masses import whole_masses, whole_weights
from kvae.uses.compression.stack import PRECISION, TOTAL, Stack, constriction

# Logits are rounded to a 32nd. The cost is half their Fisher information, at most 1/8, times the mean squared
# rounding error: 1e-5 nats a value.
PER_UNIT = 32
FARTHEST = 32  # logits are clipped to this magnitude: there one mass is the least
# Probabilities are multiples of 1 / PER_PROBABILITY, as exact networks give them.
PER_PROBABILITY = 2**14


class YesOrNo:
    """Two levels, of a likelihood with one parameter: a logit, which is rounded to a 32nd, or a probability.

    Args:
        likelihood: A discrete likelihood with two values.
        data_shape: Shape of an observation.
    """

    def __init__(self, likelihood: Any, data_shape: tuple[int, ...]):
        self.likelihood, self.data_shape = likelihood, data_shape
        if likelihood.takes == "probabilities":
            self.per_unit, self.lowest, n = PER_PROBABILITY, 0, PER_PROBABILITY + 1
        else:
            self.per_unit, self.lowest, n = PER_UNIT, -PER_UNIT * FARTHEST, 2 * PER_UNIT * FARTHEST + 1
        parameter = Exact(np.arange(self.lowest, self.lowest + n) / self.per_unit)
        log_pmf = likelihood.log_density(Exact(likelihood.values(2)), parameter[:, None])
        log_pmf = as_exact(log_pmf, f"log_density of {likelihood.called}")
        masses = whole_masses(whole_weights(log_pmf).astype(np.int64))
        # `constriction` gives either level a mass of 1, and level 0 its share of the rest, rounded down. Half a
        # unit is subtracted, so that the rounding gives exactly these masses.
        self.share = np.maximum(masses[:, 1] - 1.5, 0.0) / (TOTAL - 2)
        self.bits = PRECISION - np.log2(masses)
        self.model = constriction().stream.model.Bernoulli(perfect=False)

    def places(self, params: Exact) -> np.ndarray:
        """Index in the tables of each value's parameter, `(n * values,)`."""
        (parameter,) = self.likelihood.parameters(params)
        parameter = as_exact(parameter, f"parameters of {self.likelihood.called}")
        place = np.rint(np.asarray(parameter).ravel() * self.per_unit) - self.lowest
        return np.clip(place, 0, len(self.share) - 1).astype(np.int64)

    def encode(self, stack: Stack, levels: np.ndarray, params: Exact) -> np.ndarray:
        places, symbols = self.places(params), levels.astype(np.int32).ravel()
        stack.push(symbols, self.model, self.share[places])
        return self.bits[places, symbols].reshape(len(levels), -1).sum(axis=-1)

    def decode(self, stack: Stack, params: Exact) -> np.ndarray:
        return stack.pop(self.model, self.share[self.places(params)]).reshape(-1, *self.data_shape)
