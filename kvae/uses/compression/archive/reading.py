"""Reads archives by chunk, and only the chunks that are asked for."""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from kvae.errors import InputError
from kvae.uses.compression.archive.chunk import Chunk, Kind
from kvae.uses.compression.archive.header import CRC
from kvae.uses.compression.archive.index import Place, places_of, read_trailer
from kvae.uses.compression.archive.places import check_chunk, in_words, read_chunk
from kvae.uses.compression.archive.salvage import gaps, header_of, whole_chunks, whole_header
from kvae.uses.compression.archive.source import Bytes, Source


@dataclass(frozen=True)
class Span:
    """Rows of a chunk: `chunk` is its number, `start` and `stop` count from its first row."""

    chunk: int
    start: int
    stop: int


class Reader:
    """An archive, open for reading. Header and index are read and checked at once, chunks when they are read.

    Attributes:
        header: Its header.
        n: Number of observations, including lost ones.
        size: Size of the archive in bytes.
        places: Positions of the chunks of rows, in order.
        lost: The rows that are in no undamaged chunk, as `(start, stop)`; always empty without `salvage`.

    Args:
        archive: A path, or bytes.
        salvage: Use the undamaged chunks of a damaged archive. The whole file is read once to find them.

    Raises:
        InputError: When it is not an archive, or is damaged where it is read; says what to do.
    """

    def __init__(self, archive: Bytes, salvage: bool = False) -> None:
        self._source = Source(archive)
        try:
            self.header, begin = (header_of if salvage else whole_header)(self._source)
            self.n, self.size = self.header.n, self._source.size
            self._crc = CRC.unpack(begin[-CRC.size :])[0]
            if salvage:
                self._all = whole_chunks(self._source, len(begin), self._crc, self.n)
            else:
                self._all = self._read_index(len(begin))
            self.places = [place for place in self._all if place.kind == Kind.ROWS]
            self._model = next((place for place in self._all if place.kind == Kind.MODEL), None)
            self.lost = list(gaps(self.places, self.n))
            if not salvage:
                self._check_promise()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    @property
    def name(self) -> str:
        """Its name in errors."""
        return self._source.name

    @property
    def model_bytes(self) -> int:
        """Bytes of the model inside; 0 where there is none."""
        return 0 if self._model is None else self._model.size

    @property
    def n_chunks(self) -> int:
        """Number of chunks of rows."""
        return len(self.places)

    def verify(self) -> None:
        """Check every byte, in one pass and constant memory.

        Raises:
            InputError: When a checksum does not match.
        """
        for place in self._all:
            check_chunk(self._source, place, self._crc)

    def chunk(self, i: int) -> Chunk:
        """The content of chunk `i` of rows, checked.

        Raises:
            IndexError: When there is no such chunk.
            InputError: When it is damaged.
        """
        return read_chunk(self._source, self.places[i], self._crc)

    def lost_of(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Those of the rows from `start` to `stop` that are lost, as `(start, stop)`."""
        return [(max(a, start), min(b, stop)) for a, b in self.lost if a < stop and b > start]

    def numbers(self, span: Span) -> range:
        """Row numbers in the whole archive of the rows of a span."""
        first = self.places[span.chunk].first
        return range(first + span.start, first + span.stop)

    def damaged(self, i: int, why: Exception) -> InputError:
        """The error for a chunk `i` that matches its checksum but cannot be decoded."""
        return self._source.error(f"cannot be decoded: {in_words(self.places[i])}: {why}", "")

    def model(self) -> bytes | None:
        """The model, packed; None where it is not inside.

        Raises:
            InputError: When it is damaged.
        """
        if not self.header.with_model:
            return None
        if self._model is None:
            raise self._source.error(
                "has lost the model that was inside",
                "Name the learnt run instead: mode.run=FOLDER, from Python the model or the run",
            )
        return read_chunk(self._source, self._model, self._crc).coded

    def rows(self, start: int, stop: int) -> Iterator[Span]:
        """Yield the spans of the rows from `start` to `stop`, without lost rows.

        Raises:
            ValueError: When the archive does not have such rows.
        """
        if not 0 <= start <= stop <= self.n:
            raise ValueError(f"rows must be from 0 to {self.n}. Received: {start} to {stop}")
        begin = bisect.bisect_right(self.places, start, key=lambda place: place.stop)
        for i, place in enumerate(self.places[begin:], begin):
            if place.first >= stop:
                return
            yield Span(i, max(start, place.first) - place.first, min(stop, place.stop) - place.first)

    def _read_index(self, begin: int) -> list[Place]:
        try:
            index, end, header_crc = read_trailer(self._source, begin)
            if header_crc != self._crc:
                raise ValueError("its end is that of another archive")
            return places_of(index, begin, end)
        except ValueError as error:
            raise self._source.error(f"is damaged: {error}") from error

    def _check_promise(self) -> None:
        """Raise InputError unless the chunks are those that the header promises."""
        n_models = sum(place.kind == Kind.MODEL for place in self._all)
        n = sum(place.n_rows for place in self._all)
        if n != self.n or sum(place.n_rows for place in self.places) != n or n_models != self.header.with_model:
            raise self._source.error("is damaged: its chunks are not those that its header promises")
