"""Keras's `evaluate` on rows that come in pieces, so that one pass over them can serve other purposes as well."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from kvae.data.batches.evaluation import EVALUATION_BATCH, streamed_batch
from kvae.training.fit import EVALUATION_SEED, Trainer


class Evaluation:
    """The results of `model.evaluate` for `n` streamed rows, to the bit: the same batches, order and noise.

    Draws from the model's evaluation noise. Other draws between two pieces do not change it, nor does it change
    them.

    Args:
        model: The model, on one device.
        n: The number of rows in all pieces together.
    """

    def __init__(self, model: Trainer, n: int) -> None:
        self.model, self.n, self.size, self.done = model, n, min(EVALUATION_BATCH, n), 0
        self.noise = np.array([EVALUATION_SEED, 0])
        self.waiting: dict[str, np.ndarray] = {}
        model.make_test_function()
        model.reset_metrics()

    def add(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take the next rows into account: `x`, and `prior_mu` and `prior_cov` where there are messages."""
        if self.waiting:
            arrays = {name: np.concatenate([self.waiting[name], rows]) for name, rows in arrays.items()}
        rows = len(arrays["x"])
        whole = rows if self.done + rows == self.n else rows - rows % self.size
        self.waiting = {name: values[whole:].copy() for name, values in arrays.items()} if whole < rows else {}
        self.done += whole
        step = self.model.test_function
        assert step is not None
        state = self.model.evaluation_sampling.seed_generator.state
        others = np.array(state)
        state.assign(self.noise)
        for start in range(0, whole, self.size):
            batch = streamed_batch(arrays, start, self.size, self.model.padding)
            step(iter([{name: tf.constant(values) for name, values in batch.items()}]))
        self.noise = np.array(state)
        state.assign(others)

    def results(self) -> dict[str, float]:
        """The results, as of `evaluate(..., return_dict=True)`; the noise then continues as after `evaluate`.

        Raises:
            ValueError: When rows are missing.
        """
        if self.done != self.n:
            raise ValueError(f"the pieces must have {self.n} rows together. Received: {self.done}")
        self.model.evaluation_sampling.seed_generator.state.assign(self.noise)
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}
