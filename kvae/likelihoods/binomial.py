"""Counts from 0 to n: independent binomial variables."""

from typing import Annotated, Any

import keras
import numpy as np

from kvae.exact import ops
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.counts import log_choose, out_of
from kvae.likelihoods.lookup import check_own
from kvae.likelihoods.support import Support
from kvae.options.rules import integer


def log_binomial(x: Tensor, logits: Tensor, n: int) -> Tensor:
    """Log of (n over x) p^x (1 - p)^(n - x), with p = sigmoid(logits)."""
    return log_choose(n, x) + x * logits - n * ops.softplus(logits)


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

    @property
    def support(self) -> Support:  # type: ignore[override]
        return out_of(self.n, "binomial")

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return log_binomial(x, parameters[0], self.n)

    def for_coding(self, params: Tensor) -> tuple[Tensor, ...]:
        return (ops.clip(params, -300.0, 300.0),)

    def about(self, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        p = ops.sigmoid(parameters[0])
        return self.n * p, ops.sqrt(self.n * p * (1.0 - p))

    def next_over(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return (self.n - x) / (x + 1.0) * ops.exp(parameters[0])

    def mean(self, params: Tensor) -> Tensor:
        return self.n * ops.sigmoid(params)

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        p = ops.convert_to_numpy(ops.sigmoid(params))
        return rng.binomial(self.n, p.astype(np.float64)).astype(p.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
