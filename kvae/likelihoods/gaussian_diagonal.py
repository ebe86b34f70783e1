"""Any real numbers: independent normal variables, each with a variance of its own, which the decoder gives."""

import math

import keras
import numpy as np
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood, Tensor


@keras.saving.register_keras_serializable(package="kvae")
class GaussianDiagonal(Likelihood):
    """Independent normal variables; the decoder gives their means, then their log-variances.

    Kingma and Welling (2014), appendix C.2. Log-variances are natural, bounded by `kvae.layers.bounded_log_var`.
    """

    n_params = 2

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        mean, log_var = super().parameters(params)
        return mean, bounded_log_var(log_var)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        mean, log_var = parameters
        standardised = (x - mean) * ops.exp(-0.5 * log_var)
        return -0.5 * (ops.square(standardised) + log_var + math.log(2.0 * math.pi))

    def mean(self, params: Tensor) -> Tensor:
        return self.parameters(params)[0]

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        mean, log_var = map(ops.convert_to_numpy, self.parameters(params))
        return mean + np.exp(0.5 * log_var) * rng.standard_normal(mean.shape).astype(mean.dtype)
