"""The pieces of their columns that values lie in: a binary search in many columns at once."""

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant


class Places:
    """Pieces of columns in the order of their values; a place is an index into the pieces of all columns.

    The search compares a value with log2(width) starts. To compare it with all of them would take time and memory
    for every one.

    Args:
        starts: Where pieces begin, `(n_columns, width)`; infinite where a column has fewer.
    """

    def __init__(self, starts: np.ndarray):
        n_columns, width = starts.shape
        self.steps = [1 << i for i in reversed(range((width - 1).bit_length()))]
        wide = np.full((n_columns, 1 << len(self.steps)), np.inf)
        wide[:, :width] = starts
        self.starts = wide.ravel()
        self.first = np.arange(n_columns, dtype=np.int32) * wide.shape[1]
        self.less = np.arange(n_columns, dtype=np.int32) * (wide.shape[1] - width)

    def of(self, x: Tensor) -> Tensor:
        """The place of the last piece that begins at or below each value `(..., n_columns)`; else of the first."""
        place = ops.broadcast_to(ops.convert_to_tensor(self.first), ops.shape(x))
        for step in self.steps:
            further = place + step
            place = ops.where(x >= ops.take(constant(self.starts, x), further, axis=0), further, place)
        return place - ops.convert_to_tensor(self.less)

    @staticmethod
    def take(table: np.ndarray, place: Tensor, like: Tensor) -> Tensor:
        """The entries of a table `(n_columns, width)` at places `(..., n_columns)`."""
        return ops.take(constant(table.ravel(), like), place, axis=0)
