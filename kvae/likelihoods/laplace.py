"""Real numbers with some outliers: independent Laplace variables, which count absolute, not squared, errors."""

import math

import keras
import numpy as np
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood, Tensor


@keras.saving.register_keras_serializable(package="kvae")
class Laplace(Likelihood):
    """Independent Laplace variables; the decoder gives their locations, then the logarithms of their scales.

    log p(x) = -|x - location| / scale - log(2 scale) (Johnson, Kotz and Balakrishnan 1995, equation 24.1).
    Log-scales are bounded to [-15, 10].
    """

    n_params = 2

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        location, log_scale = super().parameters(params)
        return location, 0.5 * bounded_log_var(2.0 * log_scale)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        location, log_scale = parameters
        return -ops.abs(x - location) * ops.exp(-log_scale) - log_scale - math.log(2.0)

    def mean(self, params: Tensor) -> Tensor:
        return self.parameters(params)[0]

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        location, log_scale = map(ops.convert_to_numpy, self.parameters(params))
        return location + np.exp(log_scale) * rng.laplace(size=location.shape).astype(location.dtype)
