"""What every column of a table adds to the reconstruction of its rows."""

from collections.abc import Iterator

import numpy as np
from keras import ops

from kvae.data.batches import evaluation_batches
from kvae.data.stored import Rows
from kvae.networks.forward import in_mode, with_training
from kvae.training import compiling
from kvae.training.fit import EVALUATION_SEED
from kvae.vae.in_batches import InBatches

# A pass over fewer rows takes less time than XLA takes to compile it.
PAYS = 50_000


class ByColumn(InBatches):
    """Methods of `kvae.VAE` for likelihoods with a density per column (`log_prob_per_column`)."""

    padding: bool
    n_samples: int

    def losses_by_column(self, x: Rows) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """-E_q[log p(column|z)] of every row and column in nats, in one pass in bounded pieces.

        With `PAYS` rows or more, or without `jit_compile`, the draws z from q(z|x) are those of `evaluate` on one
        device: the sum over a row's columns is its `reconstruction` there. With fewer rows nothing is compiled by
        XLA, whose draws differ: the sum is another estimate of the same expectation.

        Args:
            x: Rows as the model takes them, `(n, n_columns)`, in memory or in their files.

        Yields:
            For consecutive rows: the rows `(m, n_columns)`, their losses `(m, n_columns)`, and the decoder's
            output for the first of a row's draws, `(m, n_params)`.

        Raises:
            ValueError: For a likelihood without `log_prob_per_column`.
        """
        if not hasattr(self.likelihood, "log_prob_per_column"):
            raise ValueError(f"{self.likelihood.called} has no loss per column: use likelihood='table'")
        call = compiling.compiled(in_mode(self._by_column, training=False), self.jit_compile and len(x) >= PAYS)
        self.evaluation_sampling.reset(EVALUATION_SEED)
        for batch in evaluation_batches(x, padding=self.padding):
            found = (ops.convert_to_numpy(one) for one in (batch["x"], *call(batch["x"])))
            weights = ops.convert_to_numpy(batch["sample_weight"]) if "sample_weight" in batch else None
            yield tuple(one if weights is None else one[weights > 0] for one in found)

    def _by_column(self, x):
        z_mean, z_log_var = with_training(self.posterior, False)(x)
        z = self.evaluation_sampling(z_mean, z_log_var, n_samples=self.n_samples)
        z = self.told(z, x)
        params = with_training(self.decoded, False)(ops.reshape(z, (-1, z.shape[-1])))
        params = ops.reshape(params, (*ops.shape(z)[:2], *ops.shape(params)[1:]))
        return -ops.mean(self.likelihood.log_prob_per_column(x, params), axis=0), params[0]
