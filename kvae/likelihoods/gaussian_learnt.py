"""Any real numbers: independent normal variables of one variance, which is learnt with the other weights."""

from typing import Any

import keras

from kvae.likelihoods.gaussian import Gaussian


@keras.saving.register_keras_serializable(package="kvae")
class GaussianLearnt(Gaussian):
    """`Gaussian(learn_variance=True)` by a name of its own (Rybkin et al. 2021, sigma-VAE)."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{**kwargs, "learn_variance": True})
