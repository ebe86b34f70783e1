"""Any real numbers: independent normal variables of unit variance, or of one variance that is learnt."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.options.arguments import check_flag


@keras.saving.register_keras_serializable(package="kvae")
class Gaussian(Likelihood):
    """Independent normal variables whose means the decoder gives; the density is normalised.

    Args:
        learn_variance: False for unit variance; True for one variance, shared by all dimensions and learnt
            with the other weights (Rybkin et al. 2021, sigma-VAE) and bounded by `kvae.layers.bounded_log_var`.
    """

    def __init__(self, learn_variance: bool = False, **kwargs: Any):
        check_flag("learn_variance", learn_variance)
        super().__init__(**kwargs)
        self.learn_variance = learn_variance
        self.log_var = self.add_weight(name="log_var", shape=(), initializer="zeros") if learn_variance else 0.0
        self.built = True

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        (mean,) = parameters
        log_var = bounded_log_var(ops.convert_to_tensor(self.log_var, dtype=mean.dtype))
        return -0.5 * (ops.square(x - mean) * ops.exp(-log_var) + log_var + math.log(2.0 * math.pi))

    def mean(self, params: Tensor) -> Tensor:
        return params

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        sd = np.exp(0.5 * float(bounded_log_var(ops.convert_to_tensor(self.log_var))))
        return params + (sd * rng.standard_normal(params.shape)).astype(params.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "learn_variance": self.learn_variance}
