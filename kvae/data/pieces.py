"""Rows in pieces of bounded size, for all uses but learning."""

from collections.abc import Iterator

import numpy as np

from kvae.data.ahead import one_ahead
from kvae.data.stored import Rows

ROWS_PER_PIECE = 16_384


def pieces(x: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """The rows in pieces of bounded size, each with the number of its first row; the next is read ahead."""
    starts = range(0, len(x), ROWS_PER_PIECE)
    return one_ahead((start, x[start : start + ROWS_PER_PIECE]) for start in starts)
