"""Real numbers with extreme outliers: independent Student t variables, which outliers hardly affect."""

import math
from typing import Annotated, Any

import keras
import numpy as np
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.lookup import check_own
from kvae.options.rules import number


@keras.saving.register_keras_serializable(package="kvae")
class StudentT(Likelihood):
    """Independent Student t variables; the decoder gives their locations, then the logarithms of their scales.

    With t = (x - location) / scale (Lange, Little and Taylor 1989, section 2):

        p(x) = G((df + 1) / 2) / (G(df / 2) sqrt(pi df) scale) (1 + t^2 / df)^(-(df + 1) / 2)

    Log-scales are bounded to [-15, 10].

    Args:
        df: Degrees of freedom, above 1, so that there is a mean: the fewer, the heavier the tails. Up to 2 the
            variance is infinite.
    """

    n_params = 2

    def __init__(self, df: Annotated[float, number(1, 4, above=True)] = 4.0, **kwargs: Any):
        check_own(type(self), {"df": df})
        super().__init__(**kwargs)
        self.df = float(df)
        self.log_constant = (
            math.lgamma(0.5 * (self.df + 1.0)) - math.lgamma(0.5 * self.df) - 0.5 * math.log(math.pi * self.df)
        )

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        location, log_scale = super().parameters(params)
        return location, 0.5 * bounded_log_var(2.0 * log_scale)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        location, log_scale = parameters
        t = (x - location) * ops.exp(-log_scale)
        return self.log_constant - log_scale - 0.5 * (self.df + 1.0) * ops.log1p(ops.square(t) / self.df)

    def mean(self, params: Tensor) -> Tensor:
        return self.parameters(params)[0]

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        location, log_scale = map(ops.convert_to_numpy, self.parameters(params))
        return location + np.exp(log_scale) * rng.standard_t(self.df, location.shape).astype(location.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "df": self.df}
