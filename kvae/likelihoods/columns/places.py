"""Where values lie among the pieces of their columns: a search in halves, of many columns at once."""

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant


class Places:
    """Pieces of columns in the order of their values; a place counts through the pieces of all columns.

    A search looks at the logarithm of as many starts as there are; comparing with all of them costs a number for
    every one, in memory as well.

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
        """The places of the last pieces that begin at or before values `(..., n_columns)`, else of the first."""
        place = ops.broadcast_to(ops.convert_to_tensor(self.first), ops.shape(x))
        for step in self.steps:
            further = place + step
            place = ops.where(x >= ops.take(constant(self.starts, x), further, axis=0), further, place)
        return place - ops.convert_to_tensor(self.less)

    @staticmethod
    def take(table: np.ndarray, place: Tensor, like: Tensor) -> Tensor:
        """What a table `(n_columns, width)` has at places `(..., n_columns)`."""
        return ops.take(constant(table.ravel(), like), place, axis=0)
