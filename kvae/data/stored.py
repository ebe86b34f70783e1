"""Observations that stay in their files: read by ranges of rows, and scaled when they are read."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from kvae.data.row_files import Chosen, Gathers, Source

# The largest size of a buffer of rows in shuffled order; two are in memory.
BUFFER_BYTES = 2**29


def buffer_rows(shuffle_rows: int, shape: tuple[int, ...]) -> int:
    """Rows that a pass mixes at a time: `data.shuffle_rows`, but at most as many as fit in `BUFFER_BYTES`."""
    return max(1, min(shuffle_rows, BUFFER_BYTES // (4 * math.prod(shape))))


class Looks(Protocol):
    """Checks every range of rows that is read: as the file has them, then as the model takes them."""

    def came(self, x: np.ndarray) -> None: ...

    def prepared(self, x: np.ndarray) -> None: ...


@dataclass(frozen=True)
class StoredRows:
    """A range of rows of a source, used like an array `(n, *tail)`: `x[2:5]` reads rows from the files.

    Attributes:
        source: The files.
        first, stop: The range of rows.
        tail: Shape of one observation.
        columns: Positions of the columns to take; None: all.
        prepare: Function from the numbers of the file to those of the model; None: they are the same.
        buffer_rows: How many rows a pass in shuffled order reads and mixes at a time.
        unit: Whether all values are known to lie in [0, 1] without reading them.
        look: Checks rows when they are read, and raises InputError; None: all were checked before.
    """

    source: Source
    first: int
    stop: int
    tail: tuple[int, ...]
    columns: tuple[int, ...] | None = None
    prepare: Callable[[np.ndarray], np.ndarray] | None = None
    buffer_rows: int = 65_536
    unit: bool = False
    look: Looks | None = None

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.tail)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype:
        return self.source.dtype if self.prepare is None else np.dtype(np.float32)

    @cached_property
    def chunk(self) -> int:
        return min(self.source.chunk, self.buffer_rows)

    @property
    def gathers(self) -> bool:
        """Whether the source reads single rows in any order as well as ranges."""
        return isinstance(self.source, Gathers)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Rows by a slice, or by row numbers in any order."""
        if not isinstance(rows, slice):
            rows = np.asarray(rows)
            if isinstance(self.source, Gathers):
                return self.prepared(self.source.gather(self.first + rows))
            return np.stack([self[int(row) : int(row) + 1][0] for row in rows])
        start, stop, step = rows.indices(len(self))
        if step != 1:
            return self[np.arange(start, stop, step)]
        return self.prepared(self.source.read(self.first + start, self.first + max(start, stop)))

    def prepared(self, read: np.ndarray) -> np.ndarray:
        """Rows that were read from the source, as the model takes them."""
        if self.columns is not None:
            read = read[:, self.columns]
        read = read.reshape(-1, *self.tail)
        if self.look is not None:
            self.look.came(read)
        x = read if self.prepare is None else self.prepare(read)
        if self.look is not None:
            self.look.prepared(x)
        return x

    def then(self, function: Callable[[np.ndarray], np.ndarray], unit: bool) -> "StoredRows":
        """The rows with `function` applied after `prepare`; `unit` says whether it maps [0, 1] into [0, 1]."""
        first = self.prepare

        def both(x: np.ndarray) -> np.ndarray:
            return function(x if first is None else first(x))

        return replace(self, prepare=both, unit=self.unit and unit)

    def reshape(self, _: int, *tail: int) -> "StoredRows":
        """The same rows, each of shape `tail`."""
        return replace(self, tail=tail)

    def part(self, rows: Any) -> "StoredRows":
        """Some of the rows, by a slice or, if the source `gathers`, by booleans `(n,)`; reads nothing."""
        if not isinstance(rows, slice):
            assert isinstance(self.source, Gathers)
            chosen = self.first + np.flatnonzero(rows)
            return replace(self, source=Chosen(self.source, chosen), first=0, stop=len(chosen))
        start, stop, _ = rows.indices(len(self))
        return replace(self, first=self.first + start, stop=self.first + max(start, stop))

    def joined(self, other: "StoredRows") -> "StoredRows":
        """The rows of two parts of the same source, in the order of the source."""
        if not isinstance(self.source, Chosen):
            return replace(self, stop=other.stop)
        assert isinstance(other.source, Chosen)
        rows = np.sort(np.concatenate([self.source.rows, other.source.rows]))
        return replace(self, source=Chosen(self.source.source, rows), first=0, stop=len(rows))


# Observations in memory, or in their files.
Rows = np.ndarray | StoredRows
