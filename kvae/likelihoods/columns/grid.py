"""Whole numbers on a grid, by their index: 2700, 2725, 2750 on a grid from 2700 in steps of 25 are 0, 1, 2."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops

from kvae.likelihoods.columns.base import Tensor, constant

# The share of numbers off the grid in the probability of values that no learning row had.
OFF = 0.1


def counted(coding: Mapping[str, Any]) -> dict[str, Any]:
    """A coding with its bins and atoms as indices on the column's grid; without a grid unchanged."""
    step = coding.get("step", 1.0)
    if step == 1.0:
        return dict(coding)
    first = coding["background"][0]
    names = ("edges", "atoms", "background")
    return {**coding, "step": 1.0, **{name: [(value - first) / step for value in coding[name]] for name in names}}


class Grid:
    """The grids of columns: from values to indices on them, called places, and back.

    Args:
        codings: The columns' codings, with `background` and, where there is a grid, its `step`.
        whole: Whether values are integers; others have no grid.

    Attributes:
        any: Whether a column has a grid.
        first, step: Of every column, `(n_columns,)`; 0 and 1 without a grid.
    """

    def __init__(self, codings: Sequence[Mapping[str, Any]], whole: bool):
        self.whole = whole
        self.step = np.array([coding.get("step", 1.0) if whole else 1.0 for coding in codings])
        self.first = np.array([coding["background"][0] for coding in codings]) * (self.step > 1)
        self.any = bool((self.step > 1).any())

    def places(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Places of values `(..., n_columns)`, rounded down off the grid, and whether values are on the grid.

        The second is None where no column has a grid.
        """
        x = ops.round(x) if self.whole else x
        if not self.any:
            return x, None
        first, step = constant(self.first, x), constant(self.step, x)
        place = ops.round((x - first) / step)
        further = x - first - place * step
        return ops.where(further < 0, place - 1.0, place), ops.equal(further, 0.0)

    def log_share(self, on: Tensor | None, like: Tensor) -> Tensor | float:
        """Logarithm of a number's share of its place, which holds it and the numbers up to the next place."""
        if on is None:
            return 0.0
        sparse = self.step > 1
        at = np.where(sparse, np.log(1.0 - OFF), 0.0)
        off = np.log(OFF) - np.log(np.where(sparse, self.step - 1.0, 1.0))
        return ops.where(on, constant(at, like), constant(off, like))

    def values(self, places: Any) -> Any:
        """The numbers at places `(..., n_columns)`, tensors or NumPy."""
        if not self.any:
            return places
        if isinstance(places, np.ndarray):
            return self.first + self.step * places
        return constant(self.first, places) + constant(self.step, places) * places

    def upto(self, x: np.ndarray) -> np.ndarray:
        """The largest places of values <= `x`; `x` itself where values are not integers."""
        x = np.asarray(x, np.float64)
        return np.floor((np.floor(x) - self.first) / self.step) if self.whole else x
