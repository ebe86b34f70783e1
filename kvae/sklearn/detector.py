"""A VAE as an outlier detector."""

from typing import Any, Self

import numpy as np
from sklearn.base import OutlierMixin

from kvae.options.arguments import check_count
from kvae.sklearn.base import VAEEstimator
from kvae.sklearn.build import check_name
from kvae.uses.scores import SCORES, anomaly_scores


class VAEDetector(OutlierMixin, VAEEstimator):
    """An outlier detector: finds rows that are improbable under a variational autoencoder.

    Follows scikit-learn's conventions for outlier detection: the more normal a row, the larger its score. Computes
    in float32. Everything else is as in `VAETransformer`.

    Args:
        latent_dim: This and the following parameters up to `random_state` are those of `VAETransformer`.
        anomaly_score: `elbo` (the negative evidence lower bound), `reconstruction` (its first term alone) or `nll`
            (the negative log-likelihood by importance sampling): see `kvae.uses.scores.anomaly_scores`.
        n_samples: Posterior draws per row; None decodes the posterior mean and draws nothing (`nll`: 200 draws).
            The draws of a row, and so its score, vary with the rows that are scored with it.
        contamination: The share of rows with scores below `offset_`, in (0, 0.5]: of the learning rows, or of the
            held-out rows.
        validation_fraction: The share of the rows of `X` that `fit` holds out, in (0, 1), drawn from
            `random_state`. `offset_` is then computed from these rows: new rows score as they do, and learning
            rows score higher, since a network overfits them. None: all rows are learnt and set `offset_`.

    Attributes:
        offset_: The quantile `contamination` of those rows' scores, in nats.
        model_, scaling_, history_, seed_, n_features_in_, feature_names_in_: As in `VAETransformer`.
    """

    offset_: float

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
        anomaly_score: str = "elbo",
        n_samples: int | None = None,
        contamination: float = 0.05,
        validation_fraction: float | None = None,
    ) -> None:
        super().__init__(
            latent_dim,
            hidden_encoder_dim=hidden_encoder_dim,
            hidden_decoder_dim=hidden_decoder_dim,
            KL_param=KL_param,
            likelihood=likelihood,
            scale=scale,
            itr=itr,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_stddev=weight_stddev,
            jit_compile=jit_compile,
            verbose=verbose,
            random_state=random_state,
        )
        # Not `score`, which is the name of a method.
        self.anomaly_score = anomaly_score
        self.n_samples = n_samples
        self.contamination = contamination
        self.validation_fraction = validation_fraction

    def fit(self, X: Any, y: Any = None) -> Self:
        check_name("anomaly_score", self.anomaly_score, SCORES)
        if self.n_samples is not None:
            check_count("n_samples", self.n_samples)
        if not (isinstance(self.contamination, int | float | np.number) and 0 < self.contamination <= 0.5):
            raise ValueError(
                f"`contamination` must be a number in (0, 0.5]. Received: contamination={self.contamination!r}"
            )
        share = self.validation_fraction
        if share is not None and not (isinstance(share, float | np.floating) and 0 < share < 1):
            raise ValueError(
                "`validation_fraction` must be None or a number in (0, 1). Received: "
                f"validation_fraction={share!r}"
            )
        scores = self._scores(self._learn(X, share))
        self.offset_ = float(np.quantile(scores, self.contamination))
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Minus the anomaly score of every row of `X` `(n_samples, n_features)` in nats, `(n_samples,)`.

        The larger, the more normal. Draws random numbers only with `n_samples` or `nll`, the same in every call.
        """
        return self._scores(self._scaled(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """`score_samples(X) - offset_` in nats, `(n_samples,)`; outliers are below 0."""
        scores = self.score_samples(X)
        return scores - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """1 for every normal row of `X` `(n_samples, n_features)` and -1 for every outlier, `(n_samples,)`."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _scores(self, x: np.ndarray) -> np.ndarray:
        scores = anomaly_scores(self.model_, x, self.anomaly_score, self.n_samples, seed=self.seed_)
        return -scores.astype(np.float64)  # scikit-learn's sign: larger is more normal
