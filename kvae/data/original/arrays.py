"""Rows of arrays as their source has them, of any type of numbers of NumPy, in memory or in files."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kvae.data.original.came import ALL, Piece, Rows, parts_of
from kvae.data.row_files import Gathers, Shards, Source
from kvae.data.stored import StoredRows
from kvae.errors import InputError
from kvae.runs.forms import Form, flag, list_of, optional, record, text, wrong
from kvae.runs.forms import whole as whole_number

# The most values of one row: a forged head with more could fill the disk.
MOST_VALUES = 2**31


class InMemory:
    """An array as a source."""

    chunk = 1

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.array[start:stop]

    def gather(self, rows: np.ndarray) -> np.ndarray:
        return self.array[rows]


class ArrayRows:
    """The rows of an array.

    Args:
        source: The source of the rows.
        features: Positions of the columns that the model reads, in its order; None: all, or no columns.
        fortran: Whether the array is in Fortran order.
        names: Names of the rows, such as the files of images; None without names.

    Raises:
        InputError: For an array of another type than integers, booleans and floats of up to 64 bits.
    """

    kind: ClassVar[str] = "array"
    of_columns = False

    def __init__(
        self,
        source: Source,
        features: Sequence[int] | None = None,
        fortran: bool = False,
        names: np.ndarray | None = None,
    ) -> None:
        if source.dtype.kind not in "biuf" or source.dtype.itemsize > 8:
            raise InputError(
                "data that is to be restored exactly must be integers, booleans or floats of up to 64 bits. "
                f"Received: an array of type {source.dtype}"
            )
        self.source, self.fortran, self.names = source, fortran, names
        width = source.shape[1] if len(source.shape) == 2 else 0
        self.features = None if features is None or tuple(features) == tuple(range(width)) else tuple(features)
        self.row_bytes = source.dtype.itemsize * int(np.prod(source.shape[1:], dtype=np.int64))

    @classmethod
    def of(cls, array: np.ndarray, features: Sequence[int] | None = None) -> "ArrayRows":
        """The rows of an array in memory, or memory-mapped."""
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        return cls(InMemory(array), features, fortran)

    @property
    def head(self) -> dict[str, Any]:
        head: dict[str, Any] = {"type": self.source.dtype.str, "shape": list(self.source.shape[1:])}
        head |= {} if self.features is None else {"features": list(self.features)}
        head |= {"fortran": True} if self.fortran else {}
        return head if self.names is None else head | {"named": True}

    def pieces(self, rows: Rows, at_once: int) -> Iterator[Piece]:
        for part in parts_of(rows, at_once):
            read = read_rows(self.source, part)
            rest = b""
            if self.features is not None:
                rest = np.ascontiguousarray(read[:, others(read.shape[1], self.features)].T).tobytes()
                read = read[:, self.features]
            if self.names is not None:
                rest = "\0".join(map(str, self.names[np.asarray(part, int)])).encode("utf-8", "surrogateescape")
            yield Piece(len(part), [np.ascontiguousarray(read).reshape(-1)], rest, len(part) * self.row_bytes)


def as_arrays(x: Any, x_test: Any = None) -> ArrayRows:
    """The rows of the array or stored rows `x`, followed by those of `x_test`, if given.

    Raises:
        InputError: For numbers that cannot be restored exactly, or two arrays of different types.
    """
    if isinstance(x, StoredRows):
        return ArrayRows(x.source, x.columns)
    if x_test is None:
        return ArrayRows.of(x)
    if x.dtype != x_test.dtype:
        raise InputError(
            "rows that are to be restored exactly must be of one type. Received: "
            f"{x.dtype} of the learning rows, {x_test.dtype} of the held-out rows"
        )
    return ArrayRows(Shards([InMemory(x), InMemory(x_test)]))


def read_rows(source: Source, rows: Rows) -> np.ndarray:
    """Rows by their ascending numbers."""
    if isinstance(rows, range) or not len(rows) or rows[-1] - rows[0] + 1 == len(rows):
        return source.read(*((int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)))
    if isinstance(source, Gathers):
        return source.gather(np.asarray(rows))
    return source.read(int(rows[0]), int(rows[-1]) + 1)[np.asarray(rows) - rows[0]]


def others(width: int, features: Sequence[int]) -> list[int]:
    """Positions of the columns that are not in `features`."""
    learnt = set(features)
    return [i for i in range(width) if i not in learnt]


def number_type(value: Any, where: str) -> np.dtype:
    """A type of numbers of NumPy, from its short name such as `<f4`."""
    try:
        dtype = np.dtype(text(value, where))
    except (TypeError, ValueError):
        raise wrong(where, "a type of numbers", value) from None
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or dtype.str != value:
        raise wrong(where, "a type of numbers", value)
    return dtype


HEAD: Form = record(
    {"type": number_type, "shape": list_of(whole_number, 10)},
    {"features": optional(list_of(whole_number)), "fortran": flag, "named": flag},
)


class ArrayResult:
    """Restores an array from pieces of its rows; `finish` gives the array.

    Args:
        head: The head, from `ArrayRows.head`.

    Raises:
        ValueError: For an invalid head, and for pieces that do not fit it.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        known = HEAD(head, "its form")
        self.dtype, self.shape = known["type"], tuple(known["shape"])
        self.features, self.fortran = known.get("features"), known.get("fortran", False)
        self.named = known.get("named", False)
        if math.prod(self.shape) > MOST_VALUES:
            raise ValueError(f"its form has rows of shape {self.shape}, which is too large")
        columns = range(self.shape[0]) if len(self.shape) == 1 else range(0)
        if self.features is not None and not all(place in columns for place in self.features):
            raise ValueError(f"its form names columns {self.features} of an array of {self.shape}")
        self.parts: list[np.ndarray] = []
        self.row_names: list[str] = []

    def rows(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice) -> np.ndarray:
        """The rows `keep` of a piece of `n` rows, as an array of rows of shape `shape`."""
        if self.named:
            self.row_names += rest.decode("utf-8", "surrogateescape").split("\0")[keep] if n else []
        if self.features is None:
            return values[0].reshape(n, *self.shape)[keep]
        if len(rest) != n * (self.shape[0] - len(set(self.features))) * self.dtype.itemsize:
            raise ValueError("the further columns do not fit the rows")
        left = others(self.shape[0], self.features)
        table = np.empty((n, *self.shape), self.dtype)
        table[:, self.features] = values[0].reshape(n, len(self.features))
        table[:, left] = np.frombuffer(rest, self.dtype).reshape(len(left), n).T
        return table[keep]

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the next rows."""
        self.parts.append(self.rows(n, values, rest, keep))

    def finish(self) -> np.ndarray:
        """The whole array."""
        parts = self.parts or [np.empty((0, *self.shape), self.dtype)]
        whole = np.concatenate(parts).astype(self.dtype, copy=False)
        return np.asfortranarray(whole) if self.fortran else whole

    def close(self) -> None:
        """Do nothing: no file is open."""


class ArrayFile(ArrayResult):
    """Restores an array into a `.npy` file, piece by piece, with the same bytes as NumPy writes.

    Args:
        head: The head, from `ArrayRows.head`.
        path: An existing empty file.
        n: The largest number of rows.
    """

    ENDINGS: ClassVar[tuple[str, ...]] = (".npy",)

    def __init__(self, head: dict[str, Any], path: Path, n: int) -> None:
        super().__init__(head)
        self.path, self.n, self.done = path, n, 0
        self.file = path.open("r+b")
        self.write_header(n)
        self.begins = self.file.tell()
        if self.fortran:
            self.mapped = np.lib.format.open_memmap(path, "r+") if n else np.empty((0, *self.shape), self.dtype)

    def write_header(self, n: int) -> None:
        """Write the header for `n` rows; NumPy pads it, so that its length does not depend on `n`."""
        fields = {"descr": self.dtype.str, "fortran_order": self.fortran, "shape": (n, *self.shape)}
        np.lib.format.write_array_header_1_0(self.file, fields)
        if self.fortran:
            self.file.truncate(self.file.tell() + n * math.prod(self.shape) * self.dtype.itemsize)
            self.file.flush()

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        rows = self.rows(n, values, rest, keep)
        n = len(rows)
        if self.done + n > self.n:
            raise ValueError(f"there are more than its {self.n:,} rows")
        if self.fortran:
            self.mapped[self.done : self.done + n] = rows
        else:
            self.file.write(np.ascontiguousarray(rows).data)
        self.done += n

    def finish(self) -> None:  # type: ignore[override]
        """Close the file; if fewer rows were added than `n`, shorten it first."""
        if self.fortran and self.done < self.n:
            kept = np.array(self.mapped[: self.done], order="F")
            self.file.seek(0)
            self.write_header(self.done)
            self.file.write(kept.tobytes("F"))
        elif self.done < self.n:
            self.file.seek(0)
            self.write_header(self.done)
        self.file.close()

    def close(self) -> None:
        """Close the file."""
        self.file.close()
