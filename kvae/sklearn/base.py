"""The base class of the transformer and the detector: parameters, learning, and scaling of data."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from kvae.data.frames import check_collected
from kvae.data.scaling import Scaling, learn_scaling
from kvae.likelihoods.lookup import get_likelihood
from kvae.model import VAE
from kvae.sklearn.build import SCALES, build_vae, check_parameters, train

# The number of posterior draws per observation in `score`.
SCORE_SAMPLES = 10


class VAEEstimator(BaseEstimator):
    """Base class of the estimators; `VAETransformer` describes their parameters."""

    # Set by `fit`.
    model_: VAE
    scaling_: Scaling
    history_: list[dict[str, float]]
    seed_: int
    n_features_in_: int

    def __init__(
        self,
        latent_dim: int = 10,
        *,
        hidden_encoder_dim: int | list[int] = 100,
        hidden_decoder_dim: int | list[int] = 100,
        KL_param: float = 1.0,
        likelihood: str | dict[str, Any] = "gaussian_learnt",
        scale: str = "standard",
        itr: int = 200,
        batch_size: int | None = 128,
        learning_rate: float = 0.001,
        weight_stddev: float | None = None,
        jit_compile: bool | None = None,
        verbose: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.latent_dim = latent_dim
        self.hidden_encoder_dim = hidden_encoder_dim
        self.hidden_decoder_dim = hidden_decoder_dim
        self.KL_param = KL_param
        self.likelihood = likelihood
        self.scale = scale
        self.itr = itr
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_stddev = weight_stddev
        self.jit_compile = jit_compile
        self.verbose = verbose
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from `X` `(n_samples, n_features)`, at least two rows. Draws from `random_state`.

        Args:
            X: Finite numbers, which after scaling lie in the support of the likelihood.
            y: Ignored.

        Raises:
            ValueError: For parameters out of range, unsuitable data, or a loss that is not finite.
        """
        self._learn(X)
        return self

    def score(self, X: Any, y: Any = None) -> float:
        """Mean evidence lower bound in nats per observation of `X` `(n_samples, n_features)`; larger is better.

        It is the ELBO of the scaled data, with ten draws per observation that are the same in every call. Compare
        only estimators with the same `scale` and kind of `likelihood`.
        """
        x = self._scaled(X)
        return float(np.mean(self.model_.elbo(x, n_samples=SCORE_SAMPLES, seed=self.seed_)))

    def _learn(self, X: Any, validation_fraction: float | None = None) -> np.ndarray:
        """Learn; returns the scaled learning rows, or the share of rows that were drawn and not learnt."""
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        check_collected("X", X)
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.seed_ = seed_from(self.random_state)
        held_out = None
        if validation_fraction is not None:
            X, held_out = split(X, validation_fraction, self.seed_)
        self.scaling_ = learn_scaling(self.scale, X)
        x = self._in_model_units(X)
        self.model_ = build_vae(parameters, x.shape, self.seed_)
        self.history_ = train(self.model_, x, parameters, self.seed_)
        return x if held_out is None else self._in_model_units(held_out)

    def _scaled(self, X: Any) -> np.ndarray:
        """`X` `(n_samples, n_features)` checked and in the model's units, float32."""
        check_is_fitted(self)
        check_collected("X", X)
        return self._in_model_units(validate_data(self, X, dtype=(np.float64, np.float32), reset=False))

    def _in_model_units(self, X: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            x = self.scaling_.apply(X)
        if not np.all(np.isfinite(x)):
            raise ValueError(
                "`X` must stay finite in float32 after scaling; pass scale='standard', or leave such rows out. "
                f"Received: values up to {np.abs(X).max():.3g}, scale={self.scale!r}"
            )
        support = get_likelihood(self.likelihood).support
        if support is not None and (outside := support.outside(x)).any():
            scale = f"scale={support.scale!r}, or " if support.scale in SCALES else ""
            came = f"{x.min():g} to {x.max():g}" if not support.step else f"{x[outside][0]:g}"
            raise ValueError(
                f"{support.whose} needs {support.of('`X`')}; pass {scale}likelihood={support.instead!r}. "
                f"Received: {came} after scale={self.scale!r}"
            )
        return x


def split(X: np.ndarray, validation_fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Learning rows, two at least, and held-out rows of `X`, drawn from `seed`, each in the order of `X`."""
    n_held_out = int(np.ceil(validation_fraction * len(X)))
    if len(X) - n_held_out < 2:
        raise ValueError(
            f"`validation_fraction`={validation_fraction:g} must leave two rows to learn. Received: {len(X)} rows"
        )
    held_out = np.zeros(len(X), bool)
    held_out[np.random.default_rng(seed).permutation(len(X))[:n_held_out]] = True
    return X[~held_out], X[held_out]


def seed_from(random_state: int | np.random.RandomState | None) -> int:
    """An integer seed from scikit-learn's `random_state`; draws from it if it is a `RandomState`."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
