"""Counts from 0 to n: independent binomial variables."""

import math
from typing import Annotated, Any

import keras
import numpy as np
from keras import ops

from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.lookup import check_own
from kvae.likelihoods.support import Support
from kvae.options.rules import integer


def log_choose(n: int) -> np.ndarray:
    """Logarithms of n over 0, 1, ..., n, `(n + 1,)`."""
    log_factorials = np.array([math.lgamma(k + 1.0) for k in range(n + 1)])
    return log_factorials[n] - log_factorials - log_factorials[::-1]


def log_binomial(x: Tensor, logits: Tensor, log_ways: np.ndarray) -> Tensor:
    """Log of (n over x) p^x (1 - p)^(n - x), with p = sigmoid(logits) and `log_ways` from `log_choose`."""
    n = len(log_ways) - 1
    ways = ops.take(ops.convert_to_tensor(log_ways, dtype=logits.dtype), ops.cast(ops.round(x), "int32"))
    return ways + x * logits - n * ops.softplus(logits)


@keras.saving.register_keras_serializable(package="kvae")
class Binomial(Likelihood):
    """Independent binomial variables of n trials; the decoder gives the logits of their probabilities.

    log p(x) = log (n over x) + x log p + (n - x) log(1 - p). Grey images of few bits are such counts.

    Args:
        n: The largest value.
    """

    takes = "logits"

    def __init__(self, n: Annotated[int, integer(1, 16)], **kwargs: Any):
        check_own(type(self), {"n": n})
        super().__init__(**kwargs)
        self.n = int(n)
        self.log_ways = log_choose(self.n)

    @property
    def support(self) -> Support:  # type: ignore[override]
        return Support(
            0.0,
            self.n,
            name="binomial",
            mend="give counts as they are",
            step=1.0,
            scale="none",
            instead="gaussian_learnt",
            wider=("n", 0),
        )

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return log_binomial(x, parameters[0], self.log_ways)

    def mean(self, params: Tensor) -> Tensor:
        return self.n * ops.sigmoid(params)

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        p = ops.convert_to_numpy(ops.sigmoid(params))
        return rng.binomial(self.n, p.astype(np.float64)).astype(p.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
