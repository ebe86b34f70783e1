"""Columns that stand beside what a model reads, as bytes: numbers, times and text, with what is missing."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.runs.forms import parse_json, wrong

# Stands for a NaN among text.
NAN = 0


@dataclass(frozen=True)
class Kind:
    """How a library's type is kept.

    Attributes:
        dtype: NumPy's type of its values: of numbers, or of objects for text.
        masked: Whether values may be missing, and which is kept apart.
    """

    dtype: np.dtype
    masked: bool

    @property
    def is_text(self) -> bool:
        return self.dtype == object


@dataclass(frozen=True)
class Column:
    """Values of a column `(n,)`, and where there are none, booleans `(n,)`; None where that is not kept apart.

    Text is an array of objects: of text, None and NaN.
    """

    values: np.ndarray
    missing: np.ndarray | None = None

    def rows(self, rows: slice) -> "Column":
        """Some of them."""
        return Column(self.values[rows], None if self.missing is None else self.missing[rows])

    def to_bytes(self) -> bytes:
        """As bytes, the same on every machine."""
        mask = b"" if self.missing is None else np.packbits(self.missing).tobytes()
        if self.values.dtype != object:
            return mask + self.values.astype(self.values.dtype.newbyteorder("<")).tobytes()
        text = [NAN if isinstance(value, float) else value for value in self.values.tolist()]
        content = json.dumps(text, separators=(",", ":")).encode()
        return mask + len(content).to_bytes(8, "little") + content


def take_column(content: bytes, place: int, n: int, kind: Kind) -> tuple[Column, int]:
    """The column of `n` values that begins at `place`, and the place after it.

    Raises:
        ValueError: When it is cut off, or no such column.
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
    """Whether it is text, or stands in the place of some."""
    return value is None or isinstance(value, str) or (type(value) is int and value == NAN)


def piece(content: bytes, place: int, n_bytes: int) -> tuple[bytes, int]:
    """So many bytes from a place on, and the place after them; ValueError where there are fewer."""
    if place + n_bytes > len(content):
        raise ValueError("what stands beside its rows is cut off")
    return content[place : place + n_bytes], place + n_bytes


def joined(columns: list[Column]) -> Column:
    """Columns of consecutive rows as one."""
    values = np.concatenate([column.values for column in columns])
    masks = [column.missing for column in columns if column.missing is not None]
    return Column(values, np.concatenate(masks) if masks else None)
