"""What every column of a table adds to the reconstruction of its rows."""

import numpy as np
from keras import ops

from kvae.data.batches import evaluation_batches
from kvae.data.stored import Rows
from kvae.networks.forward import with_training
from kvae.training.fit import EVALUATION_SEED
from kvae.vae.in_batches import InBatches


class ByColumn(InBatches):
    """Methods of `kvae.VAE` for likelihoods that tell columns apart (`log_prob_per_column`)."""

    padding: bool
    n_samples: int

    def column_losses(self, x: Rows) -> np.ndarray:
        """Mean of -E_q[log p(column|z)] of every column over all rows, `(n_columns,)`, in nats per row.

        The draws are those of `evaluate` on one device: together they are its `reconstruction`.

        Args:
            x: Rows as the model takes them, `(n, n_columns)`, in memory or in their files.

        Raises:
            ValueError: For a likelihood that does not tell columns apart.
        """
        if not hasattr(self.likelihood, "log_prob_per_column"):
            raise ValueError(f"{self.likelihood.called} does not tell columns apart: take likelihood='table'")
        call = self._compiled_function(self._losses_by_column)
        self.evaluation_sampling.reset(EVALUATION_SEED)
        total, n = np.zeros(self.data_shape), 0.0
        for batch in evaluation_batches(x, padding=self.padding):
            losses = np.asarray(ops.convert_to_numpy(call(batch["x"])), np.float64)
            weights = np.asarray(batch.get("sample_weight", np.ones(len(losses))), np.float64)
            total, n = total + weights @ losses, n + weights.sum()
        return total / n

    def _losses_by_column(self, x):
        """`(batch, n_columns)` of `(batch, n_columns)`."""
        z_mean, z_log_var = with_training(self.posterior, False)(x)
        z = self.evaluation_sampling(z_mean, z_log_var, n_samples=self.n_samples)
        params = with_training(self.decoded, False)(ops.reshape(z, (-1, self.latent_dim)))
        params = ops.reshape(params, (*ops.shape(z)[:2], *ops.shape(params)[1:]))
        return -ops.mean(self.likelihood.log_prob_per_column(x, params), axis=0)
