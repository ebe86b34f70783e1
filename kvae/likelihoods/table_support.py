"""The values that each column of a table allows, and NaN where one is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.likelihoods.columns.lookup import class_of
from kvae.likelihoods.support import LARGEST, Support
from kvae.table import Column


@dataclass(frozen=True)
class ColumnSupports(Support):
    """The supports of columns, by position; a missing value belongs to all of them."""

    columns: tuple[Support, ...] = ()

    @classmethod
    def of_columns(cls, columns: Sequence[Column]) -> "ColumnSupports":
        """The supports of a table's columns."""
        own = tuple(class_of(column.likelihood["name"]).support(column) for column in columns)
        return cls(name="table", missing=True, columns=own, names=tuple(column.name for column in columns))

    def outside(self, values: np.ndarray) -> np.ndarray:
        """Where `values` `(..., n_columns)` do not belong to their columns' supports."""
        found = np.zeros(np.shape(values), bool)
        for j, support in enumerate(self.columns):
            own = values[..., j]
            found[..., j] = support.outside(own) & ~np.isnan(own)
        return found

    def limits(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        lowest, highest, step = np.array([support.limits() for support in self.columns], np.float32).T
        return lowest, highest, step

    def at(self, place: tuple[Any, ...]) -> Support:
        return self.columns[int(place[-1])]

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """The values of the columns' supports that are nearest to `values`, float32; NaN stays NaN."""
        found = np.clip(np.asarray(values, np.float32), -LARGEST, LARGEST)
        for j, support in enumerate(self.columns):
            found[..., j] = support.nearest(found[..., j])
        return found
