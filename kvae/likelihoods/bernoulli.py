"""Yes or no: independent Bernoulli variables, or grey values that are read as probabilities."""

from typing import Any

import keras
import numpy as np

from kvae.exact import Exact, ops
from kvae.likelihoods.base import Likelihood, Tensor
from kvae.likelihoods.support import Support
from kvae.options.arguments import check_flag


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
    better_for_one_class = "gaussian_learnt"  # for it takes faint strokes for likely

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
        # What is coded must not depend on a setting of who opens it.
        epsilon = 1e-7 if isinstance(params, Exact) else keras.config.epsilon()
        p = ops.clip(params, epsilon, 1.0 - epsilon)
        return x * ops.log(p) + (1.0 - x) * ops.log1p(-p)

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
        # As Keras has it of a layer without arguments of its own: models of logits stay the same to the byte.
        first = {"name": config.pop("name"), "activity_regularizer": None}
        return {**first, **config, "autocast": self.autocast}
