"""The first layer of a decoder that is told some columns of a row besides its code."""

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
    """A code with the features of columns that are known (a conditional VAE: Sohn, Lee and Yan 2015).

    From `(batch, latent_dim + n_columns)`, codes and behind them the columns' numbers, NaN where one is missing,
    to `(batch, latent_dim + n_features)`. Draws nothing.

    Args:
        columns: The columns, or what `Column.to_json` gives of them.
        latent_dim: Length of a code.
        seed: Source of the first embeddings.
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
        """Features of the columns, without the code."""
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
