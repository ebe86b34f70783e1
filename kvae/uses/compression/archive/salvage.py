"""Salvages a damaged archive: finds undamaged chunks by their markers, without index and trailer."""

from collections.abc import Iterator, Sequence

from kvae.errors import InputError
from kvae.uses.compression.archive.chunk import LARGEST_HEAD, MARKER, Kind, read_head
from kvae.uses.compression.archive.header import CRC, Header, read_header
from kvae.uses.compression.archive.index import ENTRY, Place, places_of, read_trailer
from kvae.uses.compression.archive.places import is_whole, place_of, read_chunk
from kvae.uses.compression.archive.source import AGAIN, PIECE, Source

# Limit of the bytes that are read, as a multiple of the size and an extra amount: undamaged chunks are read once,
# but a forged archive could have bytes read again and again.
MOST_READ, READ_FREELY = 8, 2**26


def whole_header(source: Source) -> tuple[Header, bytes]:
    """The header as an archive begins with it.

    Raises:
        InputError: When it is damaged; says whether there is a copy for salvage.
    """
    try:
        return read_header(source)
    except InputError as error:
        try:
            copy_of_header(source)
        except ValueError:
            raise error from None
        raise source.error(
            "has a damaged header, but an undamaged copy of it",
            f"{AGAIN}, or restore with the copy: mode.salvage=true, from Python salvage=True",
        ) from error


def header_of(source: Source) -> tuple[Header, bytes]:
    """The header or, where it is damaged, the copy of it before the index of a larger archive.

    Raises:
        InputError: When both are damaged: chunks cannot be decoded without a header.
    """
    try:
        return read_header(source)
    except InputError as error:
        try:
            return copy_of_header(source)
        except ValueError:
            raise error from None


def copy_of_header(source: Source) -> tuple[Header, bytes]:
    """The copy of the header before the index.

    Raises:
        ValueError: When there is none, or it is damaged.
    """
    index, end, header_crc = read_trailer(source, 0)
    last = index[-ENTRY.itemsize :]
    size = int.from_bytes(last[-8:], "little")
    place = places_of(last, end - size, end)[0] if 0 < size <= end else None
    if place is None or place.kind != Kind.HEADER:
        raise ValueError("it has no copy of its header")
    header, content = read_header(Source(read_chunk(source, place, header_crc).coded))
    if CRC.unpack(content[-CRC.size :])[0] != header_crc:
        raise ValueError("the copy of its header is that of another archive")
    return header, content


def whole_chunks(source: Source, begin: int, header_crc: int, n: int) -> list[Place]:
    """The undamaged chunks from byte `begin` on, in order; of rows only those from 0 to `n`, each once.

    Raises:
        InputError: When the archive is forged so that the search would take too long.
    """
    found: list[Place] = []
    rows = dict.fromkeys(Kind, 0)
    left = MOST_READ * source.size + READ_FREELY
    markers = Markers(source)
    here = markers.after(begin)
    while here is not None:
        place = promised(source, here)
        if place is not None and rows[place.kind] <= place.first and place.stop <= n:
            left -= place.size
            if left < 0:
                raise source.error("has more markers of chunks than any archive: it is forged", "Do not use it")
            if is_whole(source, place, header_crc):
                found.append(place)
                rows[place.kind] = place.stop
                here = markers.after(here + place.size)
                continue
        here = markers.after(here + 1)
    return found


def promised(source: Source, here: int) -> Place | None:
    """The place of the chunk that begins at a marker, if it ends within the archive."""
    try:
        head, size = read_head(source.read(here, min(LARGEST_HEAD, source.size - here)))
    except ValueError:
        return None
    place = place_of(head, size, here)
    return place if here + place.size <= source.size else None


class Markers:
    """Finds positions where chunks may begin, in constant memory."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.begin, self.piece = 0, b""

    def after(self, place: int) -> int | None:
        """The first such position from `place` on; None: there is none."""
        while place < self.source.size:
            if not self.begin <= place < self.begin + len(self.piece):
                self.begin, self.piece = place, self.source.read(place, min(PIECE, self.source.size - place))
            at = self.piece.find(MARKER, place - self.begin)
            if at >= 0:
                return self.begin + at
            end = self.begin + len(self.piece)
            if end == self.source.size:
                return None
            self.piece = b""
            place = max(place, end - len(MARKER) + 1)  # a marker may continue in the next piece
        return None


def gaps(places: Sequence[Place], n: int) -> Iterator[tuple[int, int]]:
    """The rows from 0 to `n` that are in none of the chunks, as `(start, stop)`."""
    done = 0
    for place in places:
        if place.first > done:
            yield done, place.first
        done = place.stop
    if done < n:
        yield done, n
