"""Yes or no: independent Bernoulli variables, or grey values that are read as probabilities."""

import math
from typing import Any

import keras
import numpy as np

from kvae.exact import Exact, ops
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.support import Support
from kvae.options.arguments import check_flag

# The most factors, each at most 2, of one product: it stays far below the limit of float32, 2^127, and more
# factors would not save time. Halves with fewer values than a vector register of a processor holds do not pay.
MOST_FACTORS = 64
FEWEST_VALUES = 16


@keras.saving.register_keras_serializable(package="kvae")
class Bernoulli(Likelihood):
    """Independent Bernoulli variables whose logits the decoder gives, or whose probabilities.

    For `x` strictly between 0 and 1 `log_prob` is the negative cross-entropy, the usual (unnormalised)
    reading of grey values as probabilities.

    Args:
        from_logits: True for a decoder without a last activation; False for one that ends in `sigmoid`, whose
            probabilities are held within `keras.config.epsilon()` of 0 and 1, as Keras's cross-entropy does.
    """

    support = Support(
        0.0, 1.0, name="bernoulli", mend="scale them (images: x / 255)", scale="minmax", instead="gaussian"
    )
    better_for_one_class = "gaussian_learnt"  # because bernoulli gives faint strokes a high probability

    def __init__(self, from_logits: bool = True, **kwargs: Any):
        check_flag("from_logits", from_logits)
        super().__init__(**kwargs)
        self.from_logits = from_logits

    @property
    def takes(self) -> str:  # type: ignore[override]
        return "logits" if self.from_logits else "probabilities"

    @property
    def called(self) -> str:
        return "likelihood='bernoulli'" if self.from_logits else "kvae.layers.Bernoulli(from_logits=False)"

    @property
    def for_other_endings(self) -> str:  # type: ignore[override]
        if self.from_logits:
            return " (or, from Python, pass likelihood=kvae.layers.Bernoulli(from_logits=False))"
        return ", or pass likelihood='bernoulli', which takes logits"

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        (params,) = parameters
        if self.from_logits:
            return x * params - ops.softplus(params)
        # An archive must not depend on the Keras settings of whoever opens it.
        epsilon = 1e-7 if isinstance(params, Exact) else keras.config.epsilon()
        p = ops.clip(params, epsilon, 1.0 - epsilon)
        return x * ops.log(p) + (1.0 - x) * ops.log1p(-p)

    def log_prob_of_draws(self, x: Tensor, params: Tensor) -> Tensor:
        """`log_prob` with softplus(l) = relu(l) + log(1 + exp(-|l|)), whose logarithms `sum_of_logs` adds up."""
        overflows = keras.backend.standardize_dtype(params.dtype) == "float16"  # products reach 2^64
        if type(self) is not Bernoulli or not self.from_logits or overflows:
            return self.log_prob(x, params)
        n_axes, n_values = len(x.shape) - 1, math.prod(x.shape[1:])
        x = ops.reshape(x, (-1, n_values))
        params = ops.reshape(params, (*ops.shape(params)[:-n_axes], n_values))
        linear = ops.sum(x * params - ops.relu(params), axis=-1)
        return linear - sum_of_logs(1.0 + ops.exp(-ops.abs(params)))

    def mean(self, params: Tensor) -> Tensor:
        return ops.sigmoid(params) if self.from_logits else params

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        p = ops.convert_to_numpy(self.mean(params))
        return (rng.random(p.shape) < p).astype(p.dtype)

    def values(self, n_values: int | None = None) -> np.ndarray:
        """0 and 1: grey values between them have no probability of their own."""
        return np.array([0.0, 1.0])

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not self.from_logits:
            return {**config, "from_logits": False}
        # As Keras writes a layer without arguments of its own: saved models with logits stay the same to the byte.
        first = {"name": config.pop("name"), "activity_regularizer": None}
        return {**first, **config, "autocast": self.autocast}


def sum_of_logs(values: Tensor) -> Tensor:
    """Sum over the last axis of the logarithms of `values` between 1 and 2.

    Multiplies the two halves of the values with each other, then the halves of the products, and so on, and takes
    logarithms of the last products only. In float32 the error is about 1e-6 per logarithm.
    """
    factors, total = 1, 0.0
    while factors < MOST_FACTORS and values.shape[-1] >= 2 * FEWEST_VALUES:
        half, factors = values.shape[-1] // 2, 2 * factors
        if values.shape[-1] % 2:
            total += ops.log(values[..., -1])
        values = values[..., :half] * values[..., half : 2 * half]
    return total + ops.sum(ops.log(values), axis=-1)
