"""Numbers above 0 that spread over orders of magnitude: their logarithms are normal variables."""

import math
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant
from kvae.likelihoods.columns.location_scale import LOWEST_SCALE, Real
from kvae.likelihoods.columns.positive import POSITIVE, SMALLEST, fill_of
from kvae.likelihoods.support import Support
from kvae.table import Column

# The largest logarithm of means and draws: float32 overflows above 88.7.
LARGEST_LOG = 88.0


class LogNormal(Real):
    """log x is normal, in units of the mean and the standard deviation of the column's logarithms.

    The scale is at most three times that of the column, because the mean grows with the exponential of its square.
    """

    def __init__(self, columns: Any, **kwargs: Any):
        super().__init__(columns, **kwargs)
        self.fill = fill_of(self.fill)

    @classmethod
    def support(cls, column: Column) -> Support:
        return POSITIVE

    def centre_and_spread(self) -> tuple[np.ndarray, np.ndarray]:
        return self.learnt("log_mean", 0.0), self.learnt("log_std", 1.0)

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        return params[..., 0], ops.clip(params[..., 1], math.log(LOWEST_SCALE), math.log(3.0))

    def standard(self, x: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        log_x = ops.log(ops.maximum(x, SMALLEST))
        t, log_slope = super().standard(log_x, like)
        return t, log_slope - log_x

    def unit(self, t: Any) -> Any:
        log_x = super().unit(t)
        if isinstance(log_x, np.ndarray):
            return np.exp(np.clip(log_x, -LARGEST_LOG, LARGEST_LOG))
        return ops.exp(ops.clip(log_x, -LARGEST_LOG, LARGEST_LOG))

    def mean(self, *parameters: Tensor) -> Tensor:
        location, log_scale = parameters
        spread = constant(self.centre_and_spread()[1], location)
        return self.unit(location + 0.5 * spread * ops.exp(2.0 * log_scale))
