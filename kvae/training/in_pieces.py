"""Keras's `evaluate` of rows that come in pieces, beside whatever else is done with them."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from kvae.data.batches.evaluation import EVALUATION_BATCH, streamed_batch
from kvae.training.fit import EVALUATION_SEED, Trainer


class Evaluation:
    """What `model.evaluate` gives of `n` streamed rows, to the bit: the same batches, in their order, and noise.

    Draws from the model's own noise for evaluation, which other draws between two pieces neither move nor see.

    Args:
        model: As it is when the first piece comes; of one device.
        n: How many rows there are, all pieces together.
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
        """As `evaluate(..., return_dict=True)` once all rows have come; the noise goes on where that leaves it.

        Raises:
            ValueError: When rows are missing.
        """
        if self.done != self.n:
            raise ValueError(f"the pieces must have {self.n} rows together. Received: {self.done}")
        self.model.evaluation_sampling.seed_generator.state.assign(self.noise)
        return {name: float(value) for name, value in self.model.get_metrics_result().items()}
