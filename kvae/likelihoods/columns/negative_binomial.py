"""Counts that spread more than their mean: negative binomial variables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood
from kvae.likelihoods.columns.base import Tensor
from kvae.likelihoods.columns.counts import OfCounts
from kvae.likelihoods.negative_binomial import NegativeBinomial as OfObservations
from kvae.table import Column


class NegativeBinomial(OfCounts):
    """Negative binomial variables: the decoder gives log-mean and log r, which start at the column's moments."""

    def __init__(self, columns: Sequence[Column], **kwargs: Any):
        super().__init__(columns, **kwargs)
        mean, std = np.maximum(self.learnt("mean", 1.0), 0.01), self.learnt("std", 1.0)
        self.begin[:, 1] = np.log(np.clip(mean**2 / np.maximum(std**2 - mean, 1e-3 * mean), 0.05, 1e3))

    def of_observations(self) -> Likelihood:
        return OfObservations()

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        return bounded_log_var(params[..., 0]), 0.5 * bounded_log_var(2.0 * params[..., 1])

    def mean(self, *parameters: Tensor) -> Tensor:
        return ops.exp(parameters[0])

    def sample(self, rng: np.random.Generator, *parameters: np.ndarray) -> np.ndarray:
        log_mean, log_r = parameters
        r = np.exp(log_r)
        return rng.poisson(rng.gamma(r, np.exp(log_mean) / r))

    def cdf(self, x: np.ndarray, *parameters: np.ndarray) -> np.ndarray:
        from scipy.special import betainc

        mean, r = np.exp(parameters[0]), np.exp(parameters[1])
        upto = betainc(r, np.floor(np.maximum(x, 0.0)) + 1.0, r / (r + mean))
        return np.where(x < 0, 0.0, upto)
