"""Probabilities of intervals under the logistic distribution."""

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, log_1_minus_exp


def log_between(begin: Tensor, length: Tensor, location: Tensor, log_scale: Tensor) -> Tensor:
    """log(S(b) - S(a)) = log S(b) + log S(-a) + log(1 - exp(a - b)), S the logistic function, b = a + length."""
    inverse = ops.exp(-log_scale)
    a = (begin - location) * inverse
    d = length * inverse
    return ops.log_sigmoid(a + d) + ops.log_sigmoid(-a) + log_1_minus_exp(d)


def expit(x: np.ndarray) -> np.ndarray:
    """The logistic function of float64, without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))
