"""Rows in bounded pieces, for what is done to all of them and not learnt from."""

from collections.abc import Iterator

import numpy as np

from kvae.data.ahead import one_ahead
from kvae.data.stored import Rows

ROWS_PER_PIECE = 16_384


def pieces(x: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """The rows in bounded pieces, each with the number of its first; the next is read while one is worked on."""
    starts = range(0, len(x), ROWS_PER_PIECE)
    return one_ahead((start, x[start : start + ROWS_PER_PIECE]) for start in starts)
