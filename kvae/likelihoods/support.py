"""The values that a likelihood allows; data are checked against them before training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Values that are checked at once: few enough to stay in a processor's cache.
CHUNK_VALUES = 2**20
# Scalers round: 1.0000001 is not a mistake of the user.
TOLERANCE = 1e-6
# Tolerance as a share of a step: a float32 that stands for k / 255 may be off by a hundred thousandth of a step.
OFF_STEP = 1e-3
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Support:
    """The values that observations may have under a likelihood, and what to do with others.

    Attributes:
        lowest, highest: Both ends belong to it.
        name: The likelihood's name.
        mend: What to do with data outside the support, for error texts to callers from Python.
        step: Only `lowest` plus whole multiples of it belong to the support; 0 for all numbers in between.
        scale: The value of `data.scale` that brings data into the support.
        instead: The likelihood to use for other data.
        wider: The key of the likelihood that sets `highest`, and how much its value is above `highest`.
        missing: Whether a value may be missing, NaN.
        names: The names of an observation's values, if they are known.
    """

    lowest: float = -np.inf
    highest: float = np.inf
    name: str = ""
    mend: str = ""
    step: float = 0.0
    scale: str = ""
    instead: str = ""
    wider: tuple[str, int] | None = None
    missing: bool = False
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.step:
            kind = "integers" if self.step == 1.0 else f"multiples of 1/{1.0 / self.step:g}"
            if self.highest == np.inf:
                return f"{kind} >= {self.lowest:g}"
            return f"{kind} from {self.lowest:g} to {self.highest:g}"
        if self.highest == np.inf:
            return f"finite numbers >= {self.lowest:g}" if self.lowest > -np.inf else "finite numbers"
        return f"values in [{self.lowest:g}, {self.highest:g}]"

    @property
    def whose(self) -> str:
        """The likelihood that it belongs to, to follow "under" in an error text."""
        return f"likelihood={self.name!r}"

    @property
    def advice(self) -> str:
        """What to do with data outside the support, to follow what is allowed in an error text."""
        parts = [self.mend] if self.mend else []
        parts += [f"take likelihood={self.instead!r}"] if self.instead else []
        return f": {', or '.join(parts)}" if parts else ""

    @property
    def width(self) -> float | None:
        """The highest value less the lowest; None where one of them is infinite."""
        return self.highest - self.lowest if np.isfinite([self.lowest, self.highest]).all() else None

    @property
    def holds_unit_range(self) -> bool:
        """Whether all numbers in [0, 1] belong to it."""
        return not self.step and self.lowest <= 0.0 and self.highest >= 1.0

    def of(self, what: str, within: str = "in") -> str:
        """The support as a requirement on data, such as "`X` in [0, 1]"."""
        if self.step or self.width is None:
            return f"{self} in {what}"
        return f"{what} {within} [{self.lowest:g}, {self.highest:g}]"

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """The values of the support that are nearest to `values`, float32."""
        if self.step:
            values = self.lowest + self.step * np.rint((np.asarray(values, np.float64) - self.lowest) / self.step)
        return np.clip(values, self.lowest, self.highest).astype(np.float32)

    def limits(self) -> tuple[Any, Any, Any]:
        """The ends, with a tolerance for rounding, and the step: numbers, or arrays that broadcast with data."""
        return *within_float(self), self.step

    def at(self, place: tuple[Any, ...]) -> "Support":
        """The support of one value, at an index in an observation."""
        return self

    def outside(self, values: np.ndarray) -> np.ndarray:
        """Where `values` do not belong to the support, with a tolerance for rounding; NaN never belongs to it."""
        lowest, highest = within_float(self)
        fits = (values >= lowest) & (values <= highest)
        if self.step:
            with np.errstate(invalid="ignore"):
                steps = (np.asarray(values, np.float64) - self.lowest) / self.step
                fits &= np.abs(steps - np.rint(steps)) <= OFF_STEP * np.maximum(1.0, 1e-3 * np.abs(steps))
        return ~fits


FINITE = Support()


def suits(values: np.ndarray, support: Support) -> bool:
    """Whether all values belong to a support, as `Support.outside` says, but faster where there is no step."""
    if type(support) is not Support or support.step:
        return not support.outside(values).any()
    lowest, highest = within_float(support)
    flat = values.reshape(-1)
    for start in range(0, len(flat), CHUNK_VALUES):
        part = flat[start : start + CHUNK_VALUES]
        low, high = float(part.min()), float(part.max())  # NaN if a value is; float, as float16 has lower limits
        if not (low >= lowest and high <= highest):
            return False
    return True


def check_values(
    name: str,
    x: np.ndarray,
    support: Support | None = None,
    columns: Sequence[str] | None = None,
    first_row: int = 0,
) -> None:
    """Raise ValueError unless all of `x` `(n, ...)` is finite, fits float32, and lies within `support`.

    Reads every value once, in pieces, so that a memory map is never in memory as a whole.

    Args:
        name: The name of `x` in error texts.
        x: Real numbers or booleans.
        support: None for all numbers.
        columns: Names of the columns, for messages.
        first_row: The number that messages give to the first row of `x`.
    """
    lowest, highest = (-LARGEST, LARGEST) if support is None else within_float(support)
    if x.dtype.kind == "b" and lowest <= 0 and highest >= 1:
        return
    rows = max(1, CHUNK_VALUES // max(1, x[0].size))
    for start in range(0, len(x), rows):
        part = x[start : start + rows]
        if support is not None and support.missing:
            fits = not support.outside(part).any()
        else:
            low, high = float(part.min()), float(part.max())  # as in `suits`
            fits = low >= lowest and high <= highest
        if not fits or (support is not None and support.step and support.outside(part).any()):
            raise ValueError(said(name, part, first_row + start, support or Support(), columns))


def within_float(support: Support) -> tuple[float, float]:
    """The ends of a support, with a tolerance for rounding, within the range of float32."""
    return max(support.lowest - TOLERANCE, -LARGEST), min(support.highest + TOLERANCE, LARGEST)


def said(name: str, part: np.ndarray, start: int, support: Support, columns: Sequence[str] | None) -> str:
    """The error text for the first value of a piece that is outside the support."""
    index = tuple(np.argwhere(support.outside(part))[0])
    value, whole, support = part[index], support, support.at(index[1:])
    where = f"row {start + index[0]}{place(index[1:], columns or whole.names or None)}"
    if not np.isfinite(value):
        gaps = ", or take likelihood='table' (data=table), which allows them" if np.isnan(value) else ""
        return (
            f"`{name}` must hold finite numbers: fill or leave out missing values{gaps}. "
            f"Received: {value} in {where}"
        )
    if abs(float(value)) > LARGEST:
        return (
            f"`{name}` must hold numbers up to {LARGEST:.2g}, the limit of float32. Received: {value:g} in {where}"
        )
    under = f" under {support.whose}" if support.name else ""
    return f"`{name}` must hold {support}{under}{support.advice}. Received: {value:g} in {where}"


def place(index: tuple[Any, ...], columns: Sequence[str] | None) -> str:
    """The position within a row, to follow the row's number in an error text."""
    if columns is not None:
        return f", column {columns[index[0]]}"
    if len(index) == 1:
        return f", column {index[0]}"
    return f", at {tuple(int(i) for i in index)}" if index else ""
