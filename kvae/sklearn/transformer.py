"""A VAE as a transformer: rows to latent codes and back."""

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from kvae.sklearn.base import VAEEstimator, seed_from


class VAETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, VAEEstimator):
    """A transformer of rows to latent codes, by a variational autoencoder (Kingma and Welling 2014).

    Follows scikit-learn's conventions. Computes in float32, and returns it. One `random_state` gives the same
    weights to the bit on one machine. The global random states of Keras, TensorFlow, NumPy and Python do not
    change.

    Args:
        latent_dim: Dimensions of the latent code; dimensions that the data does not need stay at the prior.
        hidden_encoder_dim, hidden_decoder_dim: Width of the hidden layer, or a list of widths.
        KL_param: Weight of the KL term in training, a finite number >= 0.
        likelihood: The name of a file in `kvae.likelihoods`, or a dictionary of `name` and its keys. The scaled
            data must lie in its support.
        scale: `none`, `minmax` (column by column to [0, 1]; new rows are kept within) or `standard`.
        itr: Passes over the data.
        batch_size: Rows per step; None takes all rows in one step.
        learning_rate: The learning rate of Adam.
        weight_stddev: Standard deviation of the initial weights; None: Glorot initialisation.
        jit_compile: Whether XLA compiles training and inference; None: only if training is long enough.
        verbose: Whether training shows its progress, on a terminal or in the log.
        random_state: An int, a `numpy.random.RandomState` or None: the source of weights, shuffles and draws.

    Attributes:
        model_: The learnt `kvae.VAE`.
        scaling_: The learnt scaling (`kvae.data.scaling.Scaling`).
        history_: The loss history: dictionaries with `iteration`, `loss`, `reconstruction` and `kl`, in nats.
        seed_: The seed drawn from `random_state`.
        n_features_in_: The number of columns.
        feature_names_in_: The names of the columns, if `X` has names.
    """

    def transform(self, X: Any) -> np.ndarray:
        """Posterior means `(n_samples, latent_dim)` of rows `(n_samples, n_features)`. Draws nothing."""
        x = self._scaled(X)  # first, since it raises if nothing was learnt
        return self.model_.encode(x)[0]

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Means of p(x|z), `(n_samples, n_features)` in the data's own units. Draws nothing.

        Args:
            Z: Latent codes `(n_samples, latent_dim)`.

        Raises:
            ValueError: For codes of another shape.
        """
        check_is_fitted(self)
        return self.scaling_.invert(self.model_.decode(check_array(Z, dtype=np.float32, input_name="Z")))

    def sample(self, n: int = 1) -> np.ndarray:
        """Means of p(x|z) for `n` draws z ~ N(0, I), `(n, n_features)` in the data's own units.

        Draws from `random_state`: an int gives the same rows in every call. The noise of p(x|z) is not drawn.

        Raises:
            ValueError: When `n` is no integer >= 1.
        """
        check_is_fitted(self)
        return self.scaling_.invert(self.model_.generate(n, seed=seed_from(self.random_state)))

    @property
    def _n_features_out(self) -> int:
        return self.model_.latent_dim

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
