"""The first layer of a conditional decoder, which receives some columns of a row besides its code."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kvae.networks.table_input import TableInput
from kvae.options.arguments import check_count
from kvae.table import Column

Tensor = Any


@keras.saving.register_keras_serializable(package="kvae")
class BesideCode(keras.layers.Layer):
    """Concatenate a code with the features of known columns (a conditional VAE: Sohn, Lee and Yan 2015).

    Maps `(batch, latent_dim + n_columns)`, a code followed by the values of the columns (NaN where missing), to
    `(batch, latent_dim + n_features)`, the code followed by the features of `TableInput`. Draws no random numbers.

    Args:
        columns: The columns, as `Column`s or as the dictionaries of `Column.to_json`.
        latent_dim: Length of a code.
        seed: Seed of the initial embeddings.
    """

    rowwise = True  # see `kvae.networks.rowwise`

    def __init__(
        self, columns: Sequence[Column | dict[str, Any]], latent_dim: int, seed: int | None = None, **kwargs: Any
    ):
        check_count("latent_dim", latent_dim)
        super().__init__(**{**kwargs, "dtype": keras.config.floatx(), "autocast": False})
        self.latent_dim, self.seed = int(latent_dim), seed
        self.first = TableInput(columns, seed=seed, name="table_input")
        self.built = True

    @property
    def n_features(self) -> int:
        """Number of features of the columns, without the code."""
        return self.first.n_features

    def call(self, inputs: Tensor) -> Tensor:
        known = self.first(inputs[..., self.latent_dim :], training=False)
        return ops.concatenate([ops.cast(inputs[..., : self.latent_dim], known.dtype), known], axis=-1)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor((inputs.shape[0], self.latent_dim + self.n_features), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        own = self.first.get_config()
        return {
            **super().get_config(),
            "columns": own["columns"],
            "latent_dim": self.latent_dim,
            "seed": self.seed,
        }
