"""Columns that a model does not read, as bytes: numbers, times and text, with missing values."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.runs.forms import parse_json, wrong

# Replaces a NaN among text.
NAN = 0


@dataclass(frozen=True)
class Kind:
    """How a type of pandas is stored.

    Attributes:
        dtype: The type of the values in NumPy: of numbers, or of objects for text.
        masked: Whether missing values are stored as a separate mask.
    """

    dtype: np.dtype
    masked: bool

    @property
    def is_text(self) -> bool:
        return self.dtype == object


@dataclass(frozen=True)
class Column:
    """Values of a column `(n,)`, and the mask of missing ones, booleans `(n,)`, or None without a mask.

    Text is an array of objects: text, None and NaN.
    """

    values: np.ndarray
    missing: np.ndarray | None = None

    def rows(self, rows: slice) -> "Column":
        """Some rows."""
        return Column(self.values[rows], None if self.missing is None else self.missing[rows])

    def to_bytes(self) -> bytes:
        """The column as bytes, the same on every machine."""
        mask = b"" if self.missing is None else np.packbits(self.missing).tobytes()
        if self.values.dtype != object:
            return mask + self.values.astype(self.values.dtype.newbyteorder("<")).tobytes()
        text = [NAN if isinstance(value, float) else value for value in self.values.tolist()]
        content = json.dumps(text, separators=(",", ":")).encode()
        return mask + len(content).to_bytes(8, "little") + content


def take_column(content: bytes, place: int, n: int, kind: Kind) -> tuple[Column, int]:
    """The column of `n` values that begins at `place`, and the place after it.

    Raises:
        ValueError: When the content is cut off, or is no column of this kind.
    """
    missing = None
    if kind.masked:
        bits, place = piece(content, place, -(-n // 8))
        missing = np.unpackbits(np.frombuffer(bits, np.uint8), count=n).astype(bool)
    if not kind.is_text:
        raw, place = piece(content, place, n * kind.dtype.itemsize)
        return Column(np.frombuffer(raw, kind.dtype.newbyteorder("<")).astype(kind.dtype), missing), place
    length, place = piece(content, place, 8)
    text, place = piece(content, place, int.from_bytes(length, "little"))
    found = parse_json(text)
    if not isinstance(found, list) or len(found) != n or not all(map(is_text, found)):
        raise wrong("a column of its rows", f"text of {n} rows", found)
    values = np.empty(n, object)
    values[:] = [np.nan if value == NAN else value for value in found]
    return Column(values, missing), place


def is_text(value: Any) -> bool:
    """Whether a value is text, None, or the number that replaces NaN."""
    return value is None or isinstance(value, str) or (type(value) is int and value == NAN)


def piece(content: bytes, place: int, n_bytes: int) -> tuple[bytes, int]:
    """`n_bytes` bytes from `place` on, and the place after them; raises ValueError where there are fewer."""
    if place + n_bytes > len(content):
        raise ValueError("the further columns are cut off")
    return content[place : place + n_bytes], place + n_bytes


def joined(columns: list[Column]) -> Column:
    """Columns of consecutive rows as one."""
    values = np.concatenate([column.values for column in columns])
    masks = [column.missing for column in columns if column.missing is not None]
    return Column(values, np.concatenate(masks) if masks else None)
