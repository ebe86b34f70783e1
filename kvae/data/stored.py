"""Observations that stay in their files: read by ranges of rows, scaled where they are asked for.

Files are read and not mapped, so that the memory of a process stays what it holds, whatever is cached.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from kvae.errors import InputError
from kvae.runs.files import read_errors
from kvae.runs.npy import check_length, read_header

SPAN_BYTES = 2**25
# Of a buffer of rows in shuffled order; two are held.
BUFFER_BYTES = 2**29


class Source(Protocol):
    """Rows in files. `chunk` is how many of them are read at once where their order is mixed."""

    shape: tuple[int, ...]
    dtype: np.dtype
    chunk: int

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows `start` to `stop`, as the file has them."""
        ...


@runtime_checkable
class Gathers(Source, Protocol):
    """A source that reads any rows as well as ranges."""

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """The rows with these numbers, in their order."""
        ...


def buffer_rows(shuffle_rows: int, shape: tuple[int, ...]) -> int:
    """Rows that a pass mixes at a time: `data.shuffle_rows`, and no more than `BUFFER_BYTES` of them."""
    return max(1, min(shuffle_rows, BUFFER_BYTES // (4 * math.prod(shape))))


class NpyFile:
    """One `.npy` file in C order."""

    chunk = 1024

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            header = read_header(file)
            self.offset = file.tell()
        self.shape, fortran, self.dtype = header
        if fortran or not self.shape:
            raise InputError(f"{path} is larger than data.memory allows, and no array of rows in C order")
        check_length(header, path.stat().st_size - self.offset)
        self.row_bytes = self.dtype.itemsize * math.prod(self.shape[1:])

    def read(self, start: int, stop: int) -> np.ndarray:
        count = (stop - start) * math.prod(self.shape[1:])
        with read_errors(self.path):
            values = np.fromfile(self.path, self.dtype, count, offset=self.offset + start * self.row_bytes)
            return values.reshape(stop - start, *self.shape[1:])


class ParquetFile:
    """Columns of a Parquet file, as float32. Row groups are decoded whole: hence long spans; two are kept."""

    dtype = np.dtype(np.float32)

    def __init__(self, path: Path, columns: Sequence[str], n: int) -> None:
        import polars as pl

        self.path = path
        self.shape: tuple[int, ...] = (n, len(columns))
        self.frame = pl.scan_parquet(path).select(pl.col(list(columns)).cast(pl.Float32))

        self.chunk = min(max(SPAN_BYTES // (4 * len(columns)), 1024), 131_072)
        self.span = lru_cache(maxsize=2)(self.decode)

    def decode(self, number: int) -> np.ndarray:
        """Span `number` of `chunk` rows."""
        with read_errors(self.path):
            return self.frame.slice(number * self.chunk, self.chunk).collect().to_numpy()

    def read(self, start: int, stop: int) -> np.ndarray:
        parts = [np.empty((0, *self.shape[1:]), np.float32)]
        for number in range(start // self.chunk, -(-stop // self.chunk)):
            first = number * self.chunk
            parts.append(self.span(number)[max(start - first, 0) : stop - first])
        return parts[1] if len(parts) == 2 else np.concatenate(parts)


class Shards:
    """Several sources of one width, one after the other."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.ends = np.cumsum([source.shape[0] for source in sources])
        self.shape = (int(self.ends[-1]), *sources[0].shape[1:])
        self.dtype, self.chunk = sources[0].dtype, sources[0].chunk

    def read(self, start: int, stop: int) -> np.ndarray:
        parts = [] if start < stop else [self.sources[0].read(0, 0)]
        number = int(np.searchsorted(self.ends, start, side="right"))
        while start < stop:
            begins = int(self.ends[number]) - self.sources[number].shape[0]
            end = min(stop, int(self.ends[number]))
            parts.append(self.sources[number].read(start - begins, end - begins))
            start, number = end, number + 1
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


class Chosen:
    """Some rows of a source that gathers, in any order."""

    chunk = 1

    def __init__(self, source: Gathers, rows: np.ndarray) -> None:
        self.source, self.rows, self.dtype = source, rows, source.dtype
        self.shape = (len(rows), *source.shape[1:])

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.source.gather(self.rows[start:stop])

    def gather(self, rows: np.ndarray) -> np.ndarray:
        return self.source.gather(self.rows[rows])


@dataclass(frozen=True)
class StoredRows:
    """A range of rows of a source as something like an array `(n, *tail)`: `x[2:5]` reads.

    Attributes:
        source: The files.
        first, stop: The range.
        tail: Shape of one observation.
        columns: Columns of a table to take; None: all.
        prepare: From the file's numbers to the model's.
        buffer_rows: Rows that are in memory at once, and mixed, while a pass reads in shuffled order.
        unit: Whether all values are known to lie in [0, 1], without a look at them.
    """

    source: Source
    first: int
    stop: int
    tail: tuple[int, ...]
    columns: tuple[int, ...] | None = None
    prepare: Callable[[np.ndarray], np.ndarray] | None = None
    buffer_rows: int = 65_536
    unit: bool = False

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
        """Whether rows in any order are read as well as ranges."""
        return isinstance(self.source, Gathers)

    def __getitem__(self, rows: Any) -> np.ndarray:
        """Rows of a slice, or those of sorted or unsorted row numbers."""
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
        """Rows of the source as the model takes them."""
        if self.columns is not None:
            read = read[:, self.columns]
        read = read.reshape(-1, *self.tail)
        return read if self.prepare is None else self.prepare(read)

    def then(self, function: Callable[[np.ndarray], np.ndarray], unit: bool) -> "StoredRows":
        """The rows after one more step of preparation, of which it is known whether it keeps to [0, 1]."""
        first = self.prepare

        def both(x: np.ndarray) -> np.ndarray:
            return function(x if first is None else first(x))

        return replace(self, prepare=both, unit=self.unit and unit)

    def reshape(self, _: int, *tail: int) -> "StoredRows":
        """The same rows, each of shape `tail`."""
        return replace(self, tail=tail)

    def part(self, rows: Any) -> "StoredRows":
        """A range of the rows, or, of a source that gathers, those that a mask says; reads nothing."""
        if not isinstance(rows, slice):
            assert isinstance(self.source, Gathers)
            chosen = self.first + np.flatnonzero(rows)
            return replace(self, source=Chosen(self.source, chosen), first=0, stop=len(chosen))
        start, stop, _ = rows.indices(len(self))
        return replace(self, first=self.first + start, stop=self.first + max(start, stop))

    def joined(self, other: "StoredRows") -> "StoredRows":
        """The rows of two parts of the same rows, in the order of the whole."""
        if not isinstance(self.source, Chosen):
            return replace(self, stop=other.stop)
        assert isinstance(other.source, Chosen)
        rows = np.sort(np.concatenate([self.source.rows, other.source.rows]))
        return replace(self, source=Chosen(self.source.source, rows), first=0, stop=len(rows))


# Observations in memory, or in their files.
Rows = np.ndarray | StoredRows


class Buffers:
    """The rows of a pass in shuffled order, from buffers that hold chunks from all over the data.

    The chunks are in an order of their own in every pass, and `buffer_rows` rows of them are mixed at a time: a
    batch comes from as many places of the data as a buffer has chunks. What is lost against a full shuffle is
    that the rows of one chunk are seen in one stretch of the pass.
    """

    def __init__(self, x: StoredRows, seed: int, shuffle: bool = True) -> None:
        self.x, self.seed, self.shuffle = x, seed, shuffle
        self.per_buffer = max(1, x.buffer_rows // x.chunk)
        self.held: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def take(self, iteration: int, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows at places `start` to `stop` of a pass, and their numbers in the data."""
        size = self.per_buffer * self.x.chunk
        pieces = []
        while start < stop:
            number, place = divmod(start, size)
            x, rows = self.buffer(iteration, number)
            end = min(place + stop - start, len(rows))
            pieces.append((x[place:end], rows[place:end]))
            start += end - place
        return np.concatenate([x for x, _ in pieces]), np.concatenate([rows for _, rows in pieces])

    def buffer(self, iteration: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Buffer `number` of a pass; the last two stay in memory."""
        if (iteration, number) not in self.held:
            while len(self.held) > 1:
                del self.held[next(iter(self.held))]
            self.held[iteration, number] = self.read(iteration, number)
        return self.held[iteration, number]

    def read(self, iteration: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        n, chunk = len(self.x), self.x.chunk
        whole = n // chunk
        order = np.arange(whole)
        if self.shuffle:
            order = np.random.default_rng((self.seed, iteration)).permutation(whole)
        order = np.append(order, [whole] if n % chunk else [])  # a short chunk stays last: places stay simple
        chosen = order[number * self.per_buffer : (number + 1) * self.per_buffer].astype(np.int64)
        spans = [slice(int(c) * chunk, min(int(c + 1) * chunk, n)) for c in chosen]
        rows = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        x = self.x[rows] if self.x.gathers else np.concatenate([self.x[span] for span in spans])
        if not self.shuffle:
            return x, rows
        mixed = np.random.default_rng((self.seed, iteration, number)).permutation(len(rows))
        return x[mixed], rows[mixed]
