"""Counts from 0 to n that spread more than binomial ones: the probability of a trial varies as well."""

from typing import Annotated, Any

import keras
import numpy as np

from kvae.exact import ops
from kvae.layers import bounded
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.binomial import log_binomial
from kvae.likelihoods.counts import log_rising, out_of
from kvae.likelihoods.lookup import check_own
from kvae.likelihoods.support import Support
from kvae.options.rules import integer

# Bounds of the mean's logit and of log(a + b): they hold a and b away from 0 and from the limit of float32.
FARTHEST_LOGIT = 15.0
LOWEST_LOG_SUM, HIGHEST_LOG_SUM = -10.0, 15.0


@keras.saving.register_keras_serializable(package="kvae")
class BetaBinomial(Likelihood):
    """Binomial variables whose probability is drawn from Beta(a, b); the decoder gives logits, then log(a + b).

    The logits are those of the mean share a / (a + b). With B the beta function (Johnson, Kemp and Kotz 2005,
    equation 6.16):

        p(x) = (n over x) B(x + a, n - x + b) / B(a, b)

    computed as the binomial probability with the mean share, times a factor for the additional spread, so that
    float32 loses no digits where a + b is large. Logits are bounded to [-15, 15], log(a + b) to [-10, 15].

    Args:
        n: The largest value.
    """

    n_params = 2
    takes = "numbers"

    def __init__(self, n: Annotated[int, integer(1, 16)], **kwargs: Any):
        check_own(type(self), {"n": n})
        super().__init__(**kwargs)
        self.n = int(n)

    @property
    def support(self) -> Support:  # type: ignore[override]
        return out_of(self.n, "beta_binomial")

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        logits, log_sum = super().parameters(params)
        return bounded(logits, -FARTHEST_LOGIT, FARTHEST_LOGIT), bounded(log_sum, LOWEST_LOG_SUM, HIGHEST_LOG_SUM)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        logits, log_sum = parameters
        total = ops.exp(log_sum)
        spread = log_rising(total * ops.sigmoid(logits), x) + log_rising(total * ops.sigmoid(-logits), self.n - x)
        spread = spread - log_rising(total, ops.like(total, self.n))
        return log_binomial(x, logits, self.n) + spread

    def for_coding(self, params: Tensor) -> tuple[Tensor, ...]:
        """The two parameters of the beta distribution, a and b."""
        logits, log_sum = self.parameters(params)
        total = ops.exp(log_sum)
        return total * ops.sigmoid(logits), total * ops.sigmoid(-logits)

    def about(self, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        a, b = parameters
        total = a + b
        p = a / total
        return self.n * p, ops.sqrt(self.n * p * (1.0 - p) * (total + self.n) / (total + 1.0))

    def next_over(self, x: Tensor, *parameters: Tensor) -> Tensor:
        a, b = parameters
        return (self.n - x) * (x + a) / ((x + 1.0) * (self.n - 1.0 - x + b))

    def mean(self, params: Tensor) -> Tensor:
        return self.n * ops.sigmoid(self.parameters(params)[0])

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        logits, log_sum = (ops.convert_to_numpy(it).astype(np.float64) for it in self.parameters(params))
        a, b = (np.exp(log_sum) / (1.0 + np.exp(sign * logits)) for sign in (-1.0, 1.0))
        return rng.binomial(self.n, rng.beta(a, b)).astype(params.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
