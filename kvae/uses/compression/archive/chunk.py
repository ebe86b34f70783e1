"""A chunk of an archive, which can be checked and read without any other.

    marker (4 bytes) | kind (1) | first row | rows | bytes beside | bytes coded (varints) | both | CRC32 of all (4)

The checksum continues that of the header, so that a chunk of another archive is not mistaken for one of this.
"""

import zlib
from dataclasses import dataclass
from enum import IntEnum

from kvae.uses.compression.archive.header import CRC
from kvae.uses.compression.archive.varints import MOST_BYTES, take_varint, varint

# Bytes that do not occur in text, so that the search for the next chunk seldom finds a wrong position.
MARKER = b"\xc5\x1d\xe7\x0a"
LARGEST_HEAD = len(MARKER) + 1 + 4 * MOST_BYTES


class Kind(IntEnum):
    """What a chunk holds."""

    ROWS = 1
    MODEL = 2
    HEADER = 3  # a second copy, for when the first is damaged


@dataclass(frozen=True)
class Head:
    """The head of a chunk, which is stored before its content.

    Attributes:
        kind: What it holds.
        first: Its first row; 0 where it holds none.
        n_rows: Number of rows.
        n_beside: Bytes stored beside the code: what the model does not read.
        n_coded: Bytes of the code, or of the model.
    """

    kind: Kind
    first: int
    n_rows: int
    n_beside: int
    n_coded: int

    def to_bytes(self) -> bytes:
        """The bytes of the head in the archive, with the marker."""
        numbers = (self.first, self.n_rows, self.n_beside, self.n_coded)
        return MARKER + bytes([self.kind]) + b"".join(map(varint, numbers))


@dataclass(frozen=True)
class Chunk:
    """A chunk's content: the code of rows, or a model, and the bytes stored beside it."""

    coded: bytes
    beside: bytes = b""

    def to_bytes(self, kind: Kind, first: int, n_rows: int, header_crc: int) -> bytes:
        """The bytes of the chunk in the archive."""
        head = Head(kind, first, n_rows, len(self.beside), len(self.coded))
        content = head.to_bytes() + self.beside + self.coded
        return content + CRC.pack(zlib.crc32(content, header_crc))


def read_head(content: bytes) -> tuple[Head, int]:
    """The head that `content` begins with, and its number of bytes.

    Raises:
        ValueError: When there is none.
    """
    if content[: len(MARKER)] != MARKER:
        raise ValueError("no chunk begins there")
    if len(content) <= len(MARKER):
        raise ValueError("it is cut off")
    kind = Kind(content[len(MARKER)])  # raises ValueError for unknown kinds
    numbers, place = [], len(MARKER) + 1
    for _ in range(4):
        number, place = take_varint(content, place)
        numbers.append(number)
    return Head(kind, *numbers), place
