"""Counts whose variance is their mean: Poisson variables."""

import numpy as np
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.columns.base import Tensor
from kvae.likelihoods.columns.counts import OfCounts
from kvae.likelihoods.poisson import Poisson as OfObservations


class Poisson(OfCounts):
    """Poisson variables: the decoder gives their log-rates, which start at that of the column's mean."""

    n_params = 1

    def of_observations(self) -> Likelihood:
        return OfObservations()

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        return (bounded_log_var(params[..., 0]),)

    def mean(self, *parameters: Tensor) -> Tensor:
        return ops.exp(parameters[0])

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        return rng.poisson(np.exp(parameters[0]))

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        from scipy.special import gammaincc

        return np.where(x < 0, 0.0, gammaincc(np.floor(np.maximum(x, 0.0)) + 1.0, np.exp(parameters[0])))
