"""Conditions on one column of a row."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Condition(ABC):
    """A condition on a column.

    Attributes:
        place: Index of the column in an observation.
        said: The condition in words, such as `age > 60`.
    """

    place: int
    said: str

    @abstractmethod
    def holds(self, values: np.ndarray) -> np.ndarray:
        """Whether values of the column meet it, booleans `(n,)` of numbers `(n,)`, NaN where one is missing."""


@dataclass(frozen=True)
class Equal(Condition):
    """One value: a number, or the index of a category. In a continuous column it has a density only."""

    value: float

    def holds(self, values: np.ndarray) -> np.ndarray:
        return values == np.float32(self.value)


@dataclass(frozen=True)
class Among(Condition):
    """One of several categories, by their indices."""

    categories: tuple[int, ...]

    def holds(self, values: np.ndarray) -> np.ndarray:
        return np.isin(values, self.categories)


@dataclass(frozen=True)
class Within(Condition):
    """A number in one of several ranges.

    Attributes:
        edges: `low < x <= high` of each range, in the column's own unit; infinite where it is open. They lie half
            a step outside the values that the table writes, so that a number drawn between them is still in the
            range when it is rounded.
        ends: Of each range, the smallest and the largest value that the table may write.
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
