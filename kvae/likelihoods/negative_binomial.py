"""Counts without an upper limit whose variance is above their mean, such as those of genes in cells."""

import keras
import numpy as np

from kvae.exact import ops
from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.counts import LOG_2PI, deviance, stirling_error
from kvae.likelihoods.support import Support


@keras.saving.register_keras_serializable(package="kvae")
class NegativeBinomial(Likelihood):
    """Independent negative binomial variables; the decoder gives log-means, then logs of inverse dispersions r.

    The variance is mean + mean^2 / r (Lopez et al. 2018, scVI, supplementary note 2):

        log p(x) = log G(x + r) - log G(r) - log x! + r log(r / (r + mean)) + x log(mean / (r + mean))

    computed in Loader's form (2000), which is accurate in float32 for large counts. Log-means are bounded to
    [-30, 20], log r to [-15, 10].
    """

    n_params = 2
    support = Support(
        0.0,
        name="negative_binomial",
        mend="pass counts unscaled",
        step=1.0,
        scale="none",
        instead="gaussian_learnt",
    )
    takes = "numbers"

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        log_mean, log_r = super().parameters(params)
        return bounded_log_var(log_mean), 0.5 * bounded_log_var(2.0 * log_r)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        log_mean, log_r = parameters
        mean, r = ops.exp(log_mean), ops.exp(log_r)
        some = ops.maximum(x, 1.0)
        log_some = ops.log(some)
        # The deviances of x and r from their expectations in x + r trials of probability mean / (r + mean).
        share = (some - mean) / (r + mean)
        near = ops.abs(share) < 0.5
        d_r = ops.where(near, ops.log1p(ops.where(near, share, 0.0)), ops.log(some + r) - ops.log(r + mean))
        d_x = d_r + log_mean - log_some
        positive = (
            stirling_error(some + r)
            - stirling_error(some)
            - stirling_error(r)
            - deviance(some, d_x)
            - deviance(r, d_r)
            - 0.5 * (LOG_2PI + log_some + ops.log1p(some / r))
        )
        return ops.where(x < 0.5, -r * ops.log1p(mean / r), positive)

    def for_coding(self, params: Tensor) -> tuple[Tensor, ...]:
        """The mean, and r."""
        log_mean, log_r = self.parameters(params)
        return ops.exp(log_mean), ops.exp(log_r)

    def about(self, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        mean, r = parameters
        return mean, ops.sqrt(mean + mean * mean / r)

    def next_over(self, x: Tensor, *parameters: Tensor) -> Tensor:
        mean, r = parameters
        return (x + r) / (x + 1.0) * (mean / (r + mean))

    def mean(self, params: Tensor) -> Tensor:
        return ops.exp(self.parameters(params)[0])

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        log_mean, log_r = map(ops.convert_to_numpy, self.parameters(params))
        r = np.exp(log_r.astype(np.float64))
        return rng.poisson(rng.gamma(r, np.exp(log_mean) / r)).astype(log_mean.dtype)
