"""Levels 0, 1, ..., each with a probability of its own: independent categorical variables."""

from typing import Annotated, Any

import keras
import numpy as np

from kvae.exact import ops
from kvae.likelihoods.base import Likelihood, Tensor, blocks
from kvae.likelihoods.lookup import check_own
from kvae.likelihoods.support import Support
from kvae.options.rules import integer


@keras.saving.register_keras_serializable(package="kvae")
class Categorical(Likelihood):
    """Independent categorical variables; the decoder gives a logit per level: all of level 0, then of level 1.

    log p(x) = logit_x - log sum_k exp(logit_k). The mean is that of the levels' numbers, which is meaningful where
    the levels have an order, such as grey values.

    Args:
        n_levels: How many levels.
    """

    takes = "logits"

    def __init__(self, n_levels: Annotated[int, integer(2, 17)], **kwargs: Any):
        check_own(type(self), {"n_levels": n_levels})
        super().__init__(**kwargs)
        self.n_levels = self.n_params = int(n_levels)

    @property
    def support(self) -> Support:  # type: ignore[override]
        return Support(
            0.0,
            self.n_levels - 1,
            name="categorical",
            mend="number the levels from 0",
            step=1.0,
            scale="none",
            instead="gaussian_learnt",
            wider=("n_levels", 1),
        )

    def parameters(self, params: Tensor) -> tuple[Tensor, ...]:
        """The log-probabilities of all levels, `(..., *data_shape, n_levels)`."""
        return (ops.log_softmax(blocks(params, self.n_levels), axis=-1),)

    def log_density(self, x: Tensor, *parameters: Tensor) -> Tensor:
        (log_p,) = parameters
        chosen = ops.one_hot(ops.cast(ops.round(x), "int32"), self.n_levels, dtype=log_p.dtype)
        return ops.sum(chosen * log_p, axis=-1)

    def log_pmf(self, params: Tensor, n_values: int | None = None) -> Tensor:
        return self.parameters(params)[0][..., :n_values]

    def log_scores(self, params: Tensor, n_values: int | None = None) -> Tensor:
        return blocks(params, self.n_levels)[..., :n_values]

    def mean(self, params: Tensor) -> Tensor:
        p = ops.exp(self.parameters(params)[0])
        return ops.sum(p * ops.like(p, np.arange(self.n_levels)), axis=-1)

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        log_p = ops.convert_to_numpy(self.parameters(params)[0])
        return np.argmax(log_p + rng.gumbel(size=log_p.shape), axis=-1).astype(log_p.dtype)  # the Gumbel-max trick

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n_levels": self.n_levels}
