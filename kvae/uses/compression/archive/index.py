"""The end of an archive: an index of its chunks, and a trailer that shows at once if the archive is truncated.

    per chunk: kind (1 byte), rows (4), bytes (8) | place of the index (8) | the header's CRC32 (4) |
    CRC32 of all since the index began (4) | end mark (4)

Chunks follow each other without gaps from the header to the index, so that every byte is covered by a checksum.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kvae.uses.compression.archive.chunk import Kind
from kvae.uses.compression.archive.source import Source

ENTRY = np.dtype([("kind", "u1"), ("n_rows", "<u4"), ("size", "<u8")])
MOST_ROWS = 2**32 - 1  # of a chunk
END = b"KVA\x1a"
TRAILER = struct.Struct("<QII4s")
SEALED = TRAILER.size - 8  # bytes of the trailer that its checksum covers


@dataclass(frozen=True)
class Place:
    """A chunk and its position in the archive.

    Attributes:
        kind: What it holds.
        offset: Position of its first byte in the archive.
        size: Number of all its bytes.
        first: Its first row.
        n_rows: Number of rows.
    """

    kind: Kind
    offset: int
    size: int
    first: int
    n_rows: int

    @property
    def stop(self) -> int:
        """The row after its last."""
        return self.first + self.n_rows


def index_bytes(places: Sequence[Place], offset: int, header_crc: int) -> bytes:
    """Index and trailer of an archive whose index begins at `offset`."""
    entries = np.array([(each.kind, each.n_rows, each.size) for each in places], ENTRY)
    content = entries.tobytes() + TRAILER.pack(offset, header_crc, 0, b"")[:SEALED]
    return content + TRAILER.pack(0, 0, zlib.crc32(content), END)[SEALED:]


def read_trailer(source: Source, begin: int) -> tuple[bytes, int, int]:
    """The index of an archive whose header has `begin` bytes, its position, and the header's checksum.

    Raises:
        ValueError: When the index is missing or damaged.
    """
    if source.size < begin + TRAILER.size:
        raise ValueError("it is cut off")
    place = source.size - TRAILER.size
    offset, header_crc, crc, end = TRAILER.unpack(source.read(place, TRAILER.size))
    if end != END:
        raise ValueError("it is cut off, or bytes were added to its end")
    if not begin <= offset <= place or (place - offset) % ENTRY.itemsize:
        raise ValueError("its end does not fit its length: bytes are missing, or were added")
    content = source.read(offset, place - offset + SEALED)
    if zlib.crc32(content) != crc:
        raise ValueError("its index does not match its checksum")
    return content[: place - offset], offset, header_crc


def places_of(index: bytes, begin: int, end: int) -> list[Place]:
    """The chunks of an index, with their positions from `begin` to `end`.

    Raises:
        ValueError: When they do not fill these bytes, or are of an unknown kind.
    """
    entries = np.frombuffer(index, ENTRY)
    found, offset, n = [], begin, 0
    for code, n_rows, size in zip(*(entries[name] for name in ENTRY.names or ()), strict=True):
        kind = Kind(int(code))
        place = Place(kind, offset, int(size), n if kind == Kind.ROWS else 0, int(n_rows))
        offset, n = offset + place.size, n + place.n_rows
        if offset > end:
            break
        found.append(place)
    if offset != end:
        raise ValueError("its index does not fit its length")
    return found
