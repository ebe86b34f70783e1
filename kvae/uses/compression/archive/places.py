"""Chunks at their places in an archive: checked there, and read."""

from kvae.uses.compression.archive.chunk import LARGEST_HEAD, read_head
from kvae.uses.compression.archive.header import CRC
from kvae.uses.compression.archive.index import Place
from kvae.uses.compression.archive.source import Source


def in_words(place: Place) -> str:
    """A chunk as errors call it."""
    rows = f"rows {place.first:,} to {place.stop - 1:,}" if place.n_rows else "no rows"
    return f"the chunk at byte {place.offset:,} ({place.kind.name.lower()}, {rows})"


def head_size(source: Source, place: Place) -> int:
    """Bytes before the payload of a chunk.

    Raises:
        InputError: When what stands there is not the chunk that the index names.
    """
    try:
        head, size = read_head(source.read(place.offset, min(LARGEST_HEAD, place.size)))
    except ValueError as error:
        raise source.error(f"is damaged: {in_words(place)} cannot be read") from error
    if (head.kind, head.first, head.n_rows, size + head.length + CRC.size) != (
        place.kind, place.first, place.n_rows, place.size,
    ):  # fmt: skip
        raise source.error(f"is damaged: {in_words(place)} says something else of itself than the index")
    return size


def is_whole(source: Source, place: Place, header_crc: int) -> bool:
    """Whether a chunk matches its checksum; in constant memory."""
    end = place.offset + place.size - CRC.size
    crc = source.crc(place.offset, place.size - CRC.size, header_crc)
    return bool(CRC.unpack(source.read(end, CRC.size))[0] == crc)


def check_chunk(source: Source, place: Place, header_crc: int) -> int:
    """Check a chunk, and give the bytes before its payload; in constant memory.

    Raises:
        InputError: When it is damaged.
    """
    size = head_size(source, place)
    if not is_whole(source, place, header_crc):
        raise source.error(f"is damaged: {in_words(place)} does not match its checksum")
    return size


def read_chunk(source: Source, place: Place, header_crc: int) -> bytes:
    """The payload of a chunk, checked.

    Raises:
        InputError: When it is damaged.
    """
    size = check_chunk(source, place, header_crc)
    return source.read(place.offset + size, place.size - size - CRC.size)
