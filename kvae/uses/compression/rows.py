"""The form in which rows are restored: their original one or, with `data.binarize`, bytes 0 and 1."""

import numpy as np

from kvae.data import InputSpec, Part
from kvae.data.original import AsCame
from kvae.data.original.arrays import ArrayRows
from kvae.data.stored import Rows

# Values that a pass reads together.
VALUES_AT_ONCE = 2**20


class Binary:
    """Binary observations as a source of bytes 0 and 1."""

    chunk = 1
    dtype = np.dtype(np.uint8)

    def __init__(self, x: Rows, row_shape: tuple[int, ...]) -> None:
        self.x, self.shape = x, (len(x), *row_shape)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.x[start:stop].astype(np.uint8).reshape(stop - start, *self.shape[1:])


def as_compressed(part: Part, spec: InputSpec) -> AsCame:
    """The rows in the form in which they are restored: the original one or, with `data.binarize`, bytes."""
    if spec.binarize != "none":
        head = {} if part.came is None else part.came.original.head
        shape = tuple(head.get("shape", spec.shape))
        same = "features" not in head and int(np.prod(shape)) == int(np.prod(spec.shape))
        x, row_shape = part.x, shape if same else spec.shape
        return AsCame(lambda: ArrayRows(Binary(x, row_shape)), range(len(x)))
    if part.came is None:
        raise ValueError("the rows lack their original form: read them with load_data(..., as_came=True)")
    return part.came


def rows_at_once(x: Rows) -> int:
    """Number of rows that a pass reads together."""
    return max(1, VALUES_AT_ONCE // max(1, int(np.prod(x.shape[1:]))))
