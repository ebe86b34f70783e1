"""A likelihood."""

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.base import Likelihood


@keras.saving.register_keras_serializable("mine")
class Logistic(Likelihood):
    """Independent logistic variables; the decoder gives locations, then the logarithms of scales."""

    n_params = 2

    def log_density(self, x, location, log_scale):
        z = (x - location) * ops.exp(-log_scale)
        return -z - log_scale - 2.0 * ops.softplus(-z)

    def mean(self, params):
        return self.parameters(params)[0]

    def sample(self, params, rng):
        location, log_scale = np.split(params, 2, axis=-1)
        return rng.logistic(location, np.exp(log_scale))
