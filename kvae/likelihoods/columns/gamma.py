"""Numbers above 0: gamma variables, whose mean and shape the decoder gives."""

from typing import Any

import numpy as np
from keras import ops

from kvae.layers import bounded
from kvae.likelihoods.columns.base import ColumnLikelihood, Tensor, constant
from kvae.likelihoods.columns.positive import POSITIVE, SMALLEST, fill_of
from kvae.likelihoods.counts import HALF_LOG_2PI, deviance, stirling_error
from kvae.likelihoods.support import Support
from kvae.table import Column

# Bounds of the log-shape: standard deviations from 1% of the mean to seven times the mean.
LOWEST_SHAPE, HIGHEST_SHAPE = -4.0, 9.2
# The largest distance of a log-mean from that of the column: beyond, float32 overflows.
FURTHEST = 20.0


class Gamma(ColumnLikelihood):
    """Gamma variables of mean m and shape k: the decoder gives their logarithms, which start at the column's.

        p(x) = (k / m)^k x^(k - 1) exp(-k x / m) / G(k)

    computed in Loader's form (2000), which is accurate in float32 for large shapes.
    """

    def __init__(self, columns: Any, **kwargs: Any):
        super().__init__(columns, **kwargs)
        self.fill = fill_of(self.fill)
        ratio = self.fill / np.maximum(self.learnt("std", 1.0), SMALLEST)
        log_shape = np.clip(2.0 * np.log(ratio), LOWEST_SHAPE + 1.0, HIGHEST_SHAPE - 1.0)
        self.begin = np.stack([np.log(self.fill), log_shape], axis=-1)

    @classmethod
    def support(cls, column: Column) -> Support:
        return POSITIVE

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        middle = constant(np.log(self.fill), params)
        # `bounded` lets training move a far mean back. A shape is clipped instead: with a gradient at its bound,
        # codes could grow without end.
        log_mean = middle + bounded(params[..., 0] - middle, -FURTHEST, FURTHEST)
        return log_mean, ops.clip(params[..., 1], LOWEST_SHAPE, HIGHEST_SHAPE)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        log_mean, log_shape = parameters
        shape = ops.exp(log_shape)
        log_x = ops.log(ops.maximum(x, SMALLEST))
        begin = 0.5 * log_shape - stirling_error(shape) - HALF_LOG_2PI
        return begin - log_x - deviance(shape, log_x - log_mean)

    def mean(self, *parameters: Tensor) -> Tensor:
        return ops.exp(parameters[0])

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        log_mean, log_shape = parameters
        shape = np.exp(log_shape)
        return np.maximum(rng.gamma(shape, np.exp(log_mean) / shape), SMALLEST)

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        from scipy.special import gammainc

        log_mean, log_shape = parameters
        shape = np.exp(log_shape)
        return gammainc(shape, shape * np.maximum(x, 0.0) / np.exp(log_mean))
