"""Files of rows, read by ranges of rows: arrays, Parquet, and several of them one after the other.

Files are read and not memory-mapped, so that cached pages do not count as memory of the process.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from kvae.errors import InputError
from kvae.runs.files import read_errors
from kvae.runs.npy import check_length, read_header

SPAN_BYTES = 2**25


class Source(Protocol):
    """Rows in files. `chunk` is how many consecutive rows are read at once in shuffled order."""

    shape: tuple[int, ...]
    dtype: np.dtype
    chunk: int

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows `start` to `stop`, as the file has them."""
        ...


@runtime_checkable
class Gathers(Source, Protocol):
    """A source that reads single rows in any order as well as ranges."""

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """The rows with these numbers, in the order of `rows`."""
        ...


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
            raise InputError(f"{path} is larger than data.memory allows, and is no array of rows in C order")
        check_length(header, path.stat().st_size - self.offset)
        self.row_bytes = self.dtype.itemsize * math.prod(self.shape[1:])

    def read(self, start: int, stop: int) -> np.ndarray:
        count = (stop - start) * math.prod(self.shape[1:])
        with read_errors(self.path):
            values = np.fromfile(self.path, self.dtype, count, offset=self.offset + start * self.row_bytes)
            return values.reshape(stop - start, *self.shape[1:])


class ParquetFile:
    """Columns of a Parquet file, read in long spans, for row groups are decoded whole.

    They are float32 where that holds all values of their types, else float64, as scaling needs all digits of
    numbers far from 0. The last two spans are kept in memory.
    """

    def __init__(self, path: Path, columns: Sequence[str], n: int) -> None:
        import polars as pl

        self.path = path
        self.shape: tuple[int, ...] = (n, len(columns))
        frame = pl.scan_parquet(path, glob=False).select(pl.col(list(columns)))
        held = {pl.Float32, pl.Boolean, pl.Int8, pl.Int16, pl.UInt8, pl.UInt16}
        fine = all(kind in held for kind in frame.collect_schema().dtypes())
        self.dtype = np.dtype(np.float32 if fine else np.float64)
        self.frame = frame.cast(pl.Float32 if fine else pl.Float64)
        self.chunk = min(max(SPAN_BYTES // (4 * len(columns)), 1024), 131_072)
        self.span = lru_cache(maxsize=2)(self.decode)

    def decode(self, number: int) -> np.ndarray:
        """Span `number` of `chunk` rows."""
        with read_errors(self.path):
            return self.frame.slice(number * self.chunk, self.chunk).collect().to_numpy()

    def read(self, start: int, stop: int) -> np.ndarray:
        parts = [np.empty((0, *self.shape[1:]), self.dtype)]
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
        self.dtype = np.result_type(*{source.dtype for source in sources})
        self.chunk = sources[0].chunk

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
    """Some rows of a source of kind `Gathers`, in any order."""

    def __init__(self, source: Gathers, rows: np.ndarray) -> None:
        self.source, self.rows, self.dtype, self.chunk = source, rows, source.dtype, source.chunk
        self.shape = (len(rows), *source.shape[1:])

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.source.gather(self.rows[start:stop])

    def gather(self, rows: np.ndarray) -> np.ndarray:
        return self.source.gather(self.rows[rows])
