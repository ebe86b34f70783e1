"""Values that a likelihood can give: said of data before anything is learnt from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Values that are looked at together: few enough to stay in a processor's cache.
CHUNK_VALUES = 2**20
# Scalers round: 1.0000001 is no mistake of the user's.
TOLERANCE = 1e-6
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Support:
    """The values that observations may have.

    Attributes:
        lowest, highest: Both ends belong to it.
        whose: Whose support it is, to follow "under".
        advice: What to do with data outside of it, after "Received".
    """

    lowest: float
    highest: float
    whose: str
    advice: str = ""

    def __str__(self) -> str:
        if self.highest == np.inf:
            return f"finite numbers >= {self.lowest:g}"
        return f"values in [{self.lowest:g}, {self.highest:g}]"


def check_values(
    name: str, x: np.ndarray, support: Support | None = None, columns: Sequence[str] | None = None
) -> None:
    """Raise ValueError unless all of `x` `(n, ...)` is finite, fits float32, and lies within `support`.

    Looks at every value once, in pieces that leave a memory map on its disk: about as long as it takes to read it.

    Args:
        name: What messages call `x`.
        x: Real numbers or booleans.
        support: None for all numbers.
        columns: Names of the columns, for messages.
    """
    lowest, highest = (-LARGEST, LARGEST) if support is None else within_float(support)
    if x.dtype.kind == "b" and lowest <= 0 and highest >= 1:
        return
    rows = max(1, CHUNK_VALUES // max(1, x[0].size))
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        low, high = part.min(), part.max()  # NaN where one is
        if not (low >= lowest and high <= highest):
            raise ValueError(said(name, part, start, support, columns, lowest, highest))


def within_float(support: Support) -> tuple[float, float]:
    """The ends of a support, rounding allowed for, no further than float32 reaches."""
    return max(support.lowest - TOLERANCE, -LARGEST), min(support.highest + TOLERANCE, LARGEST)


def said(
    name: str,
    part: np.ndarray,
    start: int,
    support: Support | None,
    columns: Sequence[str] | None,
    lowest: float,
    highest: float,
) -> str:
    """What is wrong with the first value of a piece that is outside."""
    index = tuple(np.argwhere(~((part >= lowest) & (part <= highest)))[0])
    value = part[index]
    where = f"row {start + index[0]}{place(index[1:], columns)}"
    if not np.isfinite(value):
        return (
            f"`{name}` must hold finite numbers: fill or leave out what is missing. Received: {value} in {where}"
        )
    if support is None or abs(float(value)) > LARGEST:
        return f"`{name}` must hold numbers up to {LARGEST:.2g}, as float32 can. Received: {value:g} in {where}"
    return f"`{name}` must hold {support} under {support.whose}{support.advice}. Received: {value:g} in {where}"


def place(index: tuple[Any, ...], columns: Sequence[str] | None) -> str:
    """Where in a row, to follow its number."""
    if columns is not None:
        return f", column {columns[index[0]]}"
    if len(index) == 1:
        return f", column {index[0]}"
    return f", at {tuple(int(i) for i in index)}" if index else ""
