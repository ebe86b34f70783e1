"""Checks and reads chunks at their positions in an archive."""

from kvae.uses.compression.archive.chunk import LARGEST_HEAD, Chunk, Head, read_head
from kvae.uses.compression.archive.header import CRC
from kvae.uses.compression.archive.index import Place
from kvae.uses.compression.archive.source import Source


def in_words(place: Place) -> str:
    """The name of a chunk in errors."""
    rows = f"rows {place.first:,} to {place.stop - 1:,}" if place.n_rows else "no rows"
    return f"the chunk at byte {place.offset:,} ({place.kind.name.lower()}, {rows})"


def head_of(source: Source, place: Place) -> tuple[Head, int]:
    """The head of a chunk, and its number of bytes.

    Raises:
        InputError: When there is another chunk, or none, than the index says.
    """
    try:
        head, size = read_head(source.read(place.offset, min(LARGEST_HEAD, place.size)))
    except ValueError as error:
        raise source.error(f"is damaged: {in_words(place)} cannot be read") from error
    if place_of(head, size, place.offset) != place:
        raise source.error(f"is damaged: {in_words(place)} does not match the index")
    return head, size


def place_of(head: Head, size: int, offset: int) -> Place:
    """The place of a chunk that begins at `offset` with a head of `size` bytes."""
    return Place(head.kind, offset, size + head.n_beside + head.n_coded + CRC.size, head.first, head.n_rows)


def is_whole(source: Source, place: Place, header_crc: int) -> bool:
    """Whether a chunk matches its checksum; in constant memory."""
    end = place.offset + place.size - CRC.size
    crc = source.crc(place.offset, place.size - CRC.size, header_crc)
    return bool(CRC.unpack(source.read(end, CRC.size))[0] == crc)


def check_chunk(source: Source, place: Place, header_crc: int) -> tuple[Head, int]:
    """Check a chunk, in constant memory; return its head and the size of that in bytes.

    Raises:
        InputError: When it is damaged.
    """
    found = head_of(source, place)
    if not is_whole(source, place, header_crc):
        raise source.error(f"is damaged: {in_words(place)} does not match its checksum")
    return found


def read_chunk(source: Source, place: Place, header_crc: int) -> Chunk:
    """The content of a chunk, checked.

    Raises:
        InputError: When it is damaged.
    """
    head, size = check_chunk(source, place, header_crc)
    beside = place.offset + size
    return Chunk(source.read(beside + head.n_beside, head.n_coded), source.read(beside, head.n_beside))
