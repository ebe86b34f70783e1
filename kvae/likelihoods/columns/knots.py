"""The columns' maps to about N(0, 1) (`kvae.table.coding`) on tensors, of many columns at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant
from kvae.table import Column

UNLEARNT = {"knots": [-1.0, 1.0], "codes": [-1.0, 1.0], "slopes": [1.0, 1.0]}


class Knots:
    """Monotone piecewise linear maps of columns, whose numbers of knots may differ.

    Attributes:
        x, y: The knots' numbers and codes, `(n_columns, n_knots)`; the last is repeated where there are fewer.
        slopes: The slope of every piece, `(n_columns, n_knots + 1)`; the first and the last lie beyond the ends.
    """

    def __init__(self, columns: Sequence[Column]):
        codings: list[Any] = [column.coding if "knots" in column.coding else UNLEARNT for column in columns]
        length = max(len(coding["knots"]) for coding in codings)
        self.x = repeated([coding["knots"] for coding in codings], length)
        self.y = repeated([coding["codes"] for coding in codings], length)
        widths = np.diff(self.x)
        inner = np.where(widths > 0, np.diff(self.y) / np.where(widths > 0, widths, 1.0), 1.0)
        ends = np.array([coding["slopes"] for coding in codings])
        self.slopes = np.concatenate([ends[:, :1], inner, ends[:, 1:]], axis=1)

    def codes(self, x: Tensor, like: Tensor) -> Tensor:
        """Codes of numbers `(..., n_columns)`."""
        return along(x, self.x, self.y, self.slopes, like)

    def numbers(self, codes: Tensor) -> Tensor:
        """The numbers that codes `(..., n_columns)` stand for."""
        return along(codes, self.y, self.x, 1.0 / self.slopes, codes)

    def log_slopes(self, x: Tensor, like: Tensor) -> Tensor:
        """The logarithms of the slopes at numbers `(..., n_columns)`."""
        first = np.concatenate([np.full((len(self.x), 1), -np.inf), self.x], axis=1)
        last = np.concatenate([self.x, np.full((len(self.x), 1), np.inf)], axis=1)
        x = x[..., None]
        inside = ops.logical_and(x >= constant(first, like), x < constant(last, like))
        return ops.sum(ops.where(inside, constant(np.log(self.slopes), like), 0.0), axis=-1)

    def mean(self, location: Tensor, scale: Tensor) -> Tensor:
        """The mean of the numbers whose codes are N(location, scale^2), `(..., n_columns)`.

        Exact, as E max(T - c, 0) = scale phi(u) + (location - c) Phi(u) with u = (location - c) / scale.
        """
        ahead = location[..., None] - constant(self.y, location)
        u = ahead / scale[..., None]
        density = 0.3989422804014327 * ops.exp(-0.5 * ops.square(u))
        over = scale[..., None] * density + ahead * 0.5 * (1.0 + ops.erf(u * 0.7071067811865476))
        below, above = ahead[..., :1] - over[..., :1], over[..., -1:]
        pieces = ops.concatenate([below, over[..., :-1] - over[..., 1:], above], axis=-1)
        steps = ops.sum(pieces * constant(1.0 / self.slopes, location), axis=-1)
        return constant(self.x[:, 0], location) + steps


def repeated(rows: Sequence[Sequence[float]], length: int) -> np.ndarray:
    """Rows of different lengths as one array `(n, length)`, with their last entries repeated."""
    return np.array([[*row, *[row[-1]] * (length - len(row))] for row in rows], np.float64)


def along(values: Tensor, x: np.ndarray, y: np.ndarray, slopes: np.ndarray, like: Tensor) -> Tensor:
    """The piecewise linear functions through the points (x, y), with given slopes beyond both ends.

    A sum over all pieces, each clipped to its length, which needs no search.
    """
    ahead = values[..., None] - constant(x, like)
    below = ops.minimum(ahead[..., 0], 0.0) * constant(slopes[:, 0], like)
    above = ops.maximum(ahead[..., -1], 0.0) * constant(slopes[:, -1], like)
    within = ops.clip(ahead[..., :-1], 0.0, constant(np.diff(x), like))
    return constant(y[:, 0], like) + below + above + ops.sum(within * constant(slopes[:, 1:-1], like), axis=-1)
