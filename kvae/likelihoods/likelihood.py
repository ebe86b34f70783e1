"""Likelihoods p(x|z): what the decoder's output means."""

import math
from typing import Any

import keras
from keras import ops

from kvae.layers import bounded_log_var
from kvae.likelihoods.support import Support
from kvae.options.arguments import check_flag

Tensor = Any


class Likelihood(keras.layers.Layer):
    """Base class: a distribution over observations whose parameters come from the decoder.

    A subclass gives `log_prob` and `mean`, and may own weights (a learnt variance, say).

    Attributes:
        support: The values that observations may have (`kvae.likelihoods.support.Support`); None for all.
        takes: `logits` or `probabilities`, where the decoder's last activation says whether it gives them; None
            for anything.
    """

    support: Support | None = None
    takes: str | None = None

    def log_prob(self, x: Tensor, params: Tensor) -> Tensor:
        """Log-density of `x`.

        Args:
            x: Observations, `(batch, *data_shape)`.
            params: The decoder's output, `(batch, *data_shape)`, or with a leading axis of samples
                `(n_samples, batch, *data_shape)`.

        Returns:
            Nats, summed over `data_shape`: `(batch,)` or `(n_samples, batch)`.
        """
        raise NotImplementedError

    def mean(self, params: Tensor) -> Tensor:
        """Mean of p(x|z), of the shape of `params`."""
        raise NotImplementedError


def sum_over_data(values: Tensor, x: Tensor) -> Tensor:
    """Sum `values` over the axes of one observation of `x`."""
    return ops.sum(values, axis=tuple(range(1 - len(x.shape), 0)))


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
        0.0, 1.0, "likelihood='bernoulli'", ": scale them (images: x / 255), or take likelihood='gaussian'"
    )

    def __init__(self, from_logits: bool = True, **kwargs: Any):
        check_flag("from_logits", from_logits)
        super().__init__(**kwargs)
        self.from_logits = from_logits

    @property
    def takes(self) -> str:  # type: ignore[override]
        return "logits" if self.from_logits else "probabilities"

    def log_prob(self, x: Tensor, params: Tensor) -> Tensor:
        if self.from_logits:
            return sum_over_data(x * params - ops.softplus(params), x)
        p = ops.clip(params, keras.config.epsilon(), 1.0 - keras.config.epsilon())
        return sum_over_data(x * ops.log(p) + (1.0 - x) * ops.log1p(-p), x)

    def mean(self, params: Tensor) -> Tensor:
        return ops.sigmoid(params) if self.from_logits else params

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if not self.from_logits:
            return {**config, "from_logits": False}
        # As Keras has it of a layer without arguments of its own: models of logits stay the same to the byte.
        first = {"name": config.pop("name"), "activity_regularizer": None}
        return {**first, **config, "autocast": self.autocast}


@keras.saving.register_keras_serializable(package="kvae")
class Gaussian(Likelihood):
    """Independent normal variables whose means the decoder gives; the density is normalised.

    Args:
        learn_variance: False for unit variance; True for one variance, shared by all dimensions and learnt
            with the other weights (Rybkin et al. 2021, sigma-VAE) and bounded as `kvae.layers` says.
    """

    def __init__(self, learn_variance: bool = False, **kwargs: Any):
        check_flag("learn_variance", learn_variance)
        super().__init__(**kwargs)
        self.learn_variance = learn_variance
        self.log_var = self.add_weight(name="log_var", shape=(), initializer="zeros") if learn_variance else 0.0
        self.built = True

    def log_prob(self, x: Tensor, params: Tensor) -> Tensor:
        log_var = bounded_log_var(ops.convert_to_tensor(self.log_var, dtype=params.dtype))
        standardised = ops.square(x - params) * ops.exp(-log_var)
        return -0.5 * sum_over_data(standardised + log_var + math.log(2.0 * math.pi), x)

    def mean(self, params: Tensor) -> Tensor:
        return params

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "learn_variance": self.learn_variance}


LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "gaussian_learnt": lambda **kwargs: Gaussian(learn_variance=True, **kwargs),
}


def get_likelihood(likelihood: str | Likelihood) -> Likelihood:
    """The likelihood of that name, or the given one.

    Raises:
        ValueError: For an unknown name.
    """
    if isinstance(likelihood, Likelihood):
        return likelihood
    if not isinstance(likelihood, str) or likelihood not in LIKELIHOODS:
        raise ValueError(
            f"`likelihood` must be one of {', '.join(LIKELIHOODS)}, or a kvae.layers.Likelihood. "
            f"Received: likelihood={likelihood!r}"
        )
    return LIKELIHOODS[likelihood](name=likelihood)  # not a name that Keras counts: saved models would differ
