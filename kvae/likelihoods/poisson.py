"""Counts without an upper limit, whose variance is their mean: independent Poisson variables."""

import keras
import numpy as np

from kvae.exact import ops
from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.counts import LOG_2PI, deviance, stirling_error
from kvae.likelihoods.support import Support


def log_poisson(x: Tensor, log_rate: Tensor) -> Tensor:
    """Log of exp(-rate) rate^x / x!, in Loader's form (2000, section 2), for float32 and large counts."""
    some = ops.maximum(x, 1.0)
    log_some = ops.log(some)
    positive = -stirling_error(some) - deviance(some, log_rate - log_some) - 0.5 * (LOG_2PI + log_some)
    return ops.where(x < 0.5, -ops.exp(log_rate), positive)


@keras.saving.register_keras_serializable(package="kvae")
class Poisson(Likelihood):
    """Independent Poisson variables; the decoder gives the logarithms of their rates.

    log p(x) = x log rate - rate - log x!. Log-rates are bounded to [-30, 20].
    """

    support = Support(
        0.0, name="poisson", mend="pass counts unscaled", step=1.0, scale="none", instead="gaussian_learnt"
    )
    takes = "numbers"

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        return (bounded_log_var(params),)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return log_poisson(x, parameters[0])

    def for_coding(self, params: Tensor) -> tuple[Tensor, ...]:
        """The rate."""
        return (ops.exp(self.parameters(params)[0]),)

    def about(self, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        return parameters[0], ops.sqrt(parameters[0])

    def next_over(self, x: Tensor, *parameters: Tensor) -> Tensor:
        return parameters[0] / (x + 1.0)

    def mean(self, params: Tensor) -> Tensor:
        return ops.exp(self.parameters(params)[0])

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        rate = ops.convert_to_numpy(self.mean(params))
        return rng.poisson(rate).astype(rate.dtype)
