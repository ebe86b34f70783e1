"""A kind of columns: how it is recognised, learnt, read into numbers, and written back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from kvae.data.kinds.seen import Seen
from kvae.table import Column

if TYPE_CHECKING:
    import polars as pl


class CannotReadError(ValueError):
    """A value that is none of a column's kind.

    Attributes:
        row: Of the value, from 0.
        value: As it came.
        count: How many such values there are.
        why: What is wrong with it, to follow the value, and what to type, as sentences.
    """

    def __init__(self, row: int, value: Any, count: int, why: str) -> None:
        super().__init__(why)
        self.row, self.value, self.count, self.why = row, value, count, why


class Kind(ABC):
    """A kind of columns that are learnt, or, where `learnt` is False, left out.

    Attributes:
        name: Of the kind, and of its file.
        rank: Kinds are asked in this order whether a column is theirs.
        words: What it is, for people who choose one.
    """

    name: ClassVar[str]
    rank: ClassVar[int]
    words: ClassVar[str]
    learnt: ClassVar[bool] = True

    @abstractmethod
    def recognises(self, seen: Seen) -> bool:
        """Whether a column is of this kind, when no kind before it has said so."""


class LearntKind(Kind):
    """A kind of columns that are learnt."""

    @abstractmethod
    def learn(self, seen: Seen, given: dict[str, Any]) -> Column:
        """What is known of a column.

        Args:
            seen: The column.
            given: What the user says of it, by the names of `keys`.

        Raises:
            ValueError: Where the column is none of this kind; the text follows its name.
        """

    @abstractmethod
    def read(self, values: pl.Series, column: Column, unseen: str = "refuse") -> np.ndarray:
        """Values as numbers `(n,)`, float64, NaN where one is missing.

        Raises:
            CannotReadError: For a value that is none of the column's.
        """

    @abstractmethod
    def write(self, numbers: np.ndarray, column: Column) -> pl.Series:
        """What `read` was given, of any numbers `(n,)`: rounded, with gaps where NaN is."""

    keys: ClassVar[tuple[str, ...]] = ()


class LeftOutKind(Kind):
    """A kind of columns that are left out."""

    learnt = False

    @abstractmethod
    def why(self, seen: Seen) -> str:
        """Why, in words."""

    def value(self, seen: Seen) -> bool | int | float | str | None:
        """What the column holds in new rows; None: nothing is known of that."""
        return None
