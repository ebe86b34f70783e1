"""Base classes of the kinds of columns: a kind recognises, learns, reads and writes columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kvae.data.kinds.seen import Seen
from kvae.table import Column

if TYPE_CHECKING:
    import polars as pl


class CannotReadError(ValueError):
    """Raised for values that a column of its kind cannot have.

    Attributes:
        row: Row of the first such value, from 0.
        value: The value as it was given.
        count: Number of such values.
        why: What is wrong with it and what to do, as the end of a message after the value.
    """

    def __init__(self, row: int, value: Any, count: int, why: str) -> None:
        super().__init__(why)
        self.row, self.value, self.count, self.why = row, value, count, why


class Kind(ABC):
    """A kind of columns that are learnt, or, where `learnt` is False, left out.

    Attributes:
        name: Name of the kind, and of its file.
        rank: A column has the first kind, in this order, that recognises it.
        words: What its values are, for messages.
        learnt: Whether its columns are learnt.
    """

    name: ClassVar[str]
    rank: ClassVar[int]
    words: ClassVar[str]
    learnt: ClassVar[bool] = True

    @abstractmethod
    def recognises(self, seen: Seen) -> bool:
        """Whether a column is of this kind, if no kind of a lower rank recognises it."""


class LearntKind(Kind):
    """A kind of columns that are learnt."""

    @abstractmethod
    def learn(self, seen: Seen, given: dict[str, Any]) -> Column:
        """The `Column` for a column of a table, without a coding.

        Args:
            seen: The column.
            given: The user's values of the `keys`, by their names.

        Raises:
            ValueError: When the column is not of this kind; the text continues a message after its name.
        """

    @abstractmethod
    def read(self, values: pl.Series, column: Column, unseen: str = "refuse") -> np.ndarray:
        """Values as numbers `(n,)`, float64, NaN for missing ones.

        `unseen` says what becomes of a category that was not learnt: `refuse` raises, `other` takes the category
        `other`, if the column has it.

        Raises:
            CannotReadError: For a value that the column cannot have.
        """

    @abstractmethod
    def write(self, numbers: np.ndarray, column: Column) -> pl.Series:
        """Numbers `(n,)` as the table writes them, the inverse of `read`: rounded, and null where NaN."""

    keys: ClassVar[tuple[str, ...]] = ()


class LeftOutKind(Kind):
    """A kind of columns that are left out."""

    learnt = False

    @abstractmethod
    def why(self, seen: Seen) -> str:
        """Why the column is left out, in words."""

    def value(self, seen: Seen) -> bool | int | float | str | None:
        """The value of the column in new rows; None where it is not known."""
        return None
