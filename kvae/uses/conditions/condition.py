"""What is asked of one column of a row."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Condition(ABC):
    """What is asked of a column.

    Attributes:
        place: Where the column stands in an observation.
        said: The condition in words, such as `age > 60`.
    """

    place: int
    said: str

    @abstractmethod
    def holds(self, values: np.ndarray) -> np.ndarray:
        """Whether values of the column keep it, booleans `(n,)` of numbers `(n,)`, NaN where one is missing."""


@dataclass(frozen=True)
class Equal(Condition):
    """One value: a number, or the number of a category. Of a continuous column it has a density, and no mass."""

    value: float

    def holds(self, values: np.ndarray) -> np.ndarray:
        return values == np.float32(self.value)


@dataclass(frozen=True)
class Among(Condition):
    """One of several categories, by their numbers."""

    categories: tuple[int, ...]

    def holds(self, values: np.ndarray) -> np.ndarray:
        return np.isin(values, self.categories)


@dataclass(frozen=True)
class Within(Condition):
    """A number in one of several ranges.

    Attributes:
        edges: `low < x <= high` of each, in the column's own unit; infinite where there is no end. They lie half a
            step outside the values that the table writes: what is drawn between them is inside when it is
            rounded.
        ends: The smallest and the largest value that the table may write for each.
    """

    edges: tuple[tuple[float, float], ...]
    ends: tuple[tuple[float, float], ...]

    def holds(self, values: np.ndarray) -> np.ndarray:
        return np.any([(values > low) & (values <= high) for low, high in self.edges], axis=0)


@dataclass(frozen=True)
class Gap(Condition):
    """A missing value."""

    def holds(self, values: np.ndarray) -> np.ndarray:
        return np.isnan(values)
