"""Rows as their source has them, opened only when needed, and read in pieces of bounded size."""

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
        n: Number of rows.
        values: The values that the model reads: one array of all values `(n * size,)`, or an array `(n,)` per
            column, in the model's order. For text files, arrays of objects with the fields as written in the file.
        rest: Everything else of these rows, for the writer of this kind of source; empty where there is nothing.
        n_bytes: Size of the rows in their source.
    """

    n: int
    values: list[np.ndarray]
    rest: bytes
    n_bytes: int


class Original(Protocol):
    """A source whose rows are read without a change.

    Attributes:
        kind: The name of its writer, see `kvae.data.original.writers`.
        of_columns: Whether `Piece.values` has an array per column.
        head: What a writer needs besides the rows, as plain values for JSON.
    """

    kind: ClassVar[str]
    of_columns: bool

    @property
    def head(self) -> dict[str, Any]: ...

    def pieces(self, rows: Rows, at_once: int) -> Iterator[Piece]:
        """The rows with these numbers, ascending from 0, in pieces of `at_once` rows."""
        ...


@dataclass(frozen=True)
class AsCame:
    """Some rows of a source, which is opened only when they are read.

    Attributes:
        open: Opens the source; may raise InputError.
        rows: Numbers of the rows, ascending from 0.
        unit: The value in the source that is 1 in the observations before scaling: 255 for bytes that are read as
            values in [0, 1].
    """

    open: Callable[[], Original]
    rows: Rows
    unit: float = 1.0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> "AsCame":
        """Some of the rows, by a slice or by booleans `(n,)`."""
        return replace(self, rows=self.rows[rows] if isinstance(rows, slice) else np.asarray(self.rows)[rows])

    def joined(self, other: "AsCame", order: Any) -> "AsCame":
        """These rows and others of the same source, sorted by `order`."""
        if isinstance(self.rows, range) and isinstance(other.rows, range) and self.rows.stop == other.rows.start:
            return replace(self, rows=range(self.rows.start, other.rows.stop))
        return replace(self, rows=np.concatenate([self.rows, other.rows])[order])

    @cached_property
    def original(self) -> Original:
        """The source, opened once."""
        return self.open()

    def pieces(self, at_once: int) -> Iterator[Piece]:
        """The rows in pieces of `at_once` rows."""
        return self.original.pieces(self.rows, at_once)


def parts_of(rows: Rows, at_once: int) -> Iterator[Rows]:
    """Row numbers in parts of `at_once`; without rows one empty part, so that types and columns are kept."""
    for start in range(0, max(len(rows), 1), at_once):
        yield rows[start : start + at_once]
