"""Rows of a source as they came: opened, and read in bounded pieces, only by whoever asks for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np

Rows = range | np.ndarray

# All rows of a piece.
ALL = slice(None)


@dataclass(frozen=True)
class Piece:
    """Some rows as their source has them.

    Attributes:
        n: How many.
        values: What the model reads: one array of all values `(n * size,)`, or an array `(n,)` per column, in the
            model's order. Of text the fields as they stand in the file, in arrays of objects.
        rest: All else of these rows, as the source's own writer takes it; empty where there is nothing.
        n_bytes: What the rows take where they come from.
    """

    n: int
    values: list[np.ndarray]
    rest: bytes
    n_bytes: int


class Original(Protocol):
    """A source that is read as it is.

    Attributes:
        kind: The name of what writes such rows, `kvae.data.original.writers`.
        of_columns: Whether a piece has its values by columns.
        head: What a writer must know besides the rows, as plain values for JSON.
    """

    kind: ClassVar[str]
    of_columns: bool

    @property
    def head(self) -> dict[str, Any]: ...

    def pieces(self, rows: Rows, at_once: int) -> Iterator[Piece]:
        """The rows with these numbers, from 0 and ascending, `at_once` a piece."""
        ...


@dataclass(frozen=True)
class AsCame:
    """Which rows of a source, and what opens it: nothing is read before that.

    Attributes:
        open: Gives the source; may raise InputError.
        rows: Their numbers in it, from 0 and ascending.
        unit: What 1 of the source's observations, before any scaling, is among the values as they came: 255 of
            bytes that are given in [0, 1].
    """

    open: Callable[[], Original]
    rows: Rows
    unit: float = 1.0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> "AsCame":
        """Some of the rows: those of a slice, or of booleans."""
        return replace(self, rows=self.rows[rows] if isinstance(rows, slice) else np.asarray(self.rows)[rows])

    def joined(self, other: "AsCame", order: Any) -> "AsCame":
        """These rows and others of the same source, in an order."""
        if isinstance(self.rows, range) and isinstance(other.rows, range) and self.rows.stop == other.rows.start:
            return replace(self, rows=range(self.rows.start, other.rows.stop))
        return replace(self, rows=np.concatenate([self.rows, other.rows])[order])

    @cached_property
    def original(self) -> Original:
        """The source, opened once."""
        return self.open()

    def pieces(self, at_once: int) -> Iterator[Piece]:
        """The rows, `at_once` a piece."""
        return self.original.pieces(self.rows, at_once)


def parts_of(rows: Rows, at_once: int) -> Iterator[Rows]:
    """Row numbers, some at once; of no rows one empty part, by which types and columns come through."""
    for start in range(0, max(len(rows), 1), at_once):
        yield rows[start : start + at_once]
