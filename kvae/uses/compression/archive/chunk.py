"""A chunk of an archive: a piece that can be checked and read without any other.

    marker (4 bytes) | kind (1) | first row | rows | length (varints) | payload | CRC32 of all before (4)

The checksum goes on from that of the header, so that a chunk of another archive is not taken for one of this.
"""

import zlib
from dataclasses import dataclass
from enum import IntEnum

from kvae.uses.compression.archive.header import CRC
from kvae.uses.compression.archive.varints import MOST_BYTES, take_varint, varint

# Bytes that no text has, so that a search for the next chunk seldom stops at another place.
MARKER = b"\xc5\x1d\xe7\x0a"
LARGEST_HEAD = len(MARKER) + 1 + 3 * MOST_BYTES


class Kind(IntEnum):
    """What a chunk holds."""

    ROWS = 1
    BESIDE = 2  # of the same rows: what the model does not read
    MODEL = 3
    HEADER = 4  # a second copy, for when the first is damaged


@dataclass(frozen=True)
class Head:
    """What a chunk says before its payload.

    Attributes:
        kind: What it holds.
        first: Its first row; 0 where it holds none.
        n_rows: Number of rows.
        length: Bytes of the payload.
    """

    kind: Kind
    first: int
    n_rows: int
    length: int

    def to_bytes(self) -> bytes:
        """As it stands in the archive, marker and all."""
        return MARKER + bytes([self.kind]) + varint(self.first) + varint(self.n_rows) + varint(self.length)


def chunk_bytes(kind: Kind, payload: bytes, first: int, n_rows: int, header_crc: int) -> bytes:
    """A whole chunk, as it stands in the archive."""
    content = Head(kind, first, n_rows, len(payload)).to_bytes() + payload
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
    kind = Kind(content[len(MARKER)])  # ValueError for others
    place = len(MARKER) + 1
    first, place = take_varint(content, place)
    n_rows, place = take_varint(content, place)
    length, place = take_varint(content, place)
    return Head(kind, first, n_rows, length), place
