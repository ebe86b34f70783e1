"""Rare categories, those that at most one learning row has: a model learns nothing about each of them."""

from dataclasses import dataclass

import numpy as np

from kvae.table.column import Column


def rare_of(counts: np.ndarray) -> list[int]:
    """The numbers of the rare categories, from how many learning rows have each; none of a single one."""
    rare = np.flatnonzero(counts <= 1)
    return rare.tolist() if len(rare) > 1 else []


@dataclass(frozen=True)
class Slots:
    """A slot for every category of a column that is not rare, in their order, then one for all rare ones, if any.

    Attributes:
        of: The slot of every category, `(n_categories,)`.
        first: The first category of every slot, `(n,)`.
        rare: The numbers of the rare categories, ascending; empty, or at least two.
    """

    of: np.ndarray
    first: np.ndarray
    rare: np.ndarray

    @classmethod
    def of_column(cls, column: Column) -> "Slots":
        """The slots of a column of categories; without learnt rare ones (`Column.coding`) each has its own.

        Raises:
            ValueError: For entries of a coding that are no numbers of categories.
        """
        n = int(column.n_categories or 0)
        rare = np.unique(np.asarray(column.coding.get("rare", []), np.int64))
        if len(rare) and not 0 <= rare[0] <= rare[-1] < n:
            raise ValueError(f"the column {column.name!r} has rare categories that it does not have")
        if len(rare) < 2:
            return cls(np.arange(n), np.arange(n), rare[:0])
        often = np.setdiff1d(np.arange(n), rare, assume_unique=True)
        of = np.full(n, len(often))
        of[often] = np.arange(len(often))
        return cls(of, np.append(often, rare[0]), rare)

    @property
    def n(self) -> int:
        """How many slots there are."""
        return len(self.first)

    @property
    def size(self) -> np.ndarray:
        """How many categories every slot has, `(n,)`."""
        size = np.ones(self.n)
        if len(self.rare):
            size[-1] = len(self.rare)
        return size

    @property
    def plain(self) -> bool:
        """Whether every category has a slot of its own."""
        return len(self.rare) == 0
