"""Rows in bounded pieces, for what is done to all of them and not learnt from."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kvae.data.stored import Rows

ROWS_PER_PIECE = 16_384


def pieces(x: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """The rows in bounded pieces, each with the number of its first; the next is read while one is worked on."""
    with ThreadPoolExecutor(1) as reader:
        ahead = None
        for start in range(0, len(x), ROWS_PER_PIECE):
            piece = x[start : start + ROWS_PER_PIECE] if ahead is None else ahead.result()
            after = start + len(piece)
            if after < len(x):
                ahead = reader.submit(x.__getitem__, slice(after, after + ROWS_PER_PIECE))
            yield start, piece
