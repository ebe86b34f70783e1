"""The base class of likelihoods of real numbers: a location and a bounded scale, in units of the column."""

import math
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import ColumnLikelihood, Tensor, constant

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
# Bounds of the scale, relative to the column's: a value that repeats often must not get an unbounded density.
LOWEST_SCALE, HIGHEST_SCALE = 1e-2, 1e2


class Real(ColumnLikelihood):
    """Base class: the decoder gives the location and the log-scale of t = (x - centre) / spread.

    The scale lies between a hundredth and a hundred times `spread`: repeated values must not drive it to 0.
    """

    def centre_and_spread(self) -> tuple[np.ndarray, np.ndarray]:
        """Centre and spread of the columns in their own units, each `(n_columns,)`."""
        return self.learnt("mean", 0.0), self.learnt("std", 1.0)

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        log_scale = ops.clip(params[..., 1], math.log(LOWEST_SCALE), math.log(HIGHEST_SCALE))
        return params[..., 0], log_scale

    def standard(self, x: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """The t of values, and the logarithm of dt/dx."""
        centre, spread = self.centre_and_spread()
        return (x - constant(centre, like)) / constant(spread, like), constant(-np.log(spread), like)

    def unit(self, t: Any) -> Any:
        """The value x that belongs to t, in NumPy or tensors: the inverse of `standard`."""
        centre, spread = self.centre_and_spread()
        if isinstance(t, np.ndarray):
            return centre + spread * t
        return constant(centre, t) + constant(spread, t) * t

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        location, log_scale = parameters
        t, log_slope = self.standard(x, location)
        return self.log_standard((t - location) * ops.exp(-log_scale)) - log_scale + log_slope

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        location, log_scale = parameters
        t = ops.convert_to_numpy(self.standard(ops.convert_to_tensor(x), ops.convert_to_tensor(location))[0])
        return self.standard_cdf((t - location) * np.exp(-log_scale))

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        location, log_scale = parameters
        return self.unit(location + np.exp(log_scale) * self.draw(rng, location.shape))

    def mean(self, *parameters: Tensor) -> Tensor:
        return self.unit(parameters[0])

    def log_standard(self, t: Tensor) -> Tensor:
        """Log-density of the distribution with location 0 and scale 1: here the standard normal."""
        return -0.5 * ops.square(t) - HALF_LOG_2PI

    def standard_cdf(self, t: np.ndarray) -> np.ndarray:
        """Its distribution function."""
        from scipy.special import ndtr

        return ndtr(t)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draws from it."""
        return rng.standard_normal(shape)
