"""Writes archives from beginning to end; at a path, an archive exists only once it is complete."""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from kvae.runs.files import whole_file
from kvae.uses.compression.archive.chunk import Chunk, Kind
from kvae.uses.compression.archive.header import CRC, Header
from kvae.uses.compression.archive.index import MOST_ROWS, Place, index_bytes

# A second copy of the header, without which nothing can be read, is stored if the archive is this many times
# larger: it then costs less than 0.4 %.
COPY_FROM = 256


class Writer:
    """Writes an archive to a path or to an open file, chunk by chunk.

        with Writer(path, header) as writer:
            for rows in pieces:
                writer.add(coded(rows), len(rows))

    At a path there is a complete archive at the end of the block or, where it raises, what was there before. An
    open file is left open.

    Args:
        target: Path, or a file open for writing bytes.
        header: The header of the archive.

    Raises:
        WriteError: When it cannot be written to disk.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO, header: Header) -> None:
        self.header = header
        self._begin = header.to_bytes()
        self._crc = CRC.unpack(self._begin[-CRC.size :])[0]
        self._places: list[Place] = []
        self._n = 0
        self._finished = False
        self.size = 0
        self._open = contextlib.ExitStack()
        if isinstance(target, str | os.PathLike):
            part = self._open.enter_context(whole_file(Path(target)))
            self._file: BinaryIO = self._open.enter_context(part.open("wb"))
        else:
            self._file = target
        self._write(self._begin)

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._finished = True
            self._open.__exit__(kind, error, trace)
        elif not self._finished:
            self.finish()

    def add(self, coded: bytes, n_rows: int, beside: bytes = b"") -> None:
        """Add the next `n_rows` rows: their code and, in `beside`, what the model does not read of them."""
        self._add(Kind.ROWS, Chunk(coded, beside), n_rows)

    def add_model(self, packed: bytes) -> None:
        """Add the model."""
        self._add(Kind.MODEL, Chunk(packed), 0)

    def finish(self) -> int:
        """Write index and trailer, close the file, and return the size of the archive in bytes.

        Raises:
            ValueError: When the number of rows, or whether there is a model, differs from the header; nothing is
                written.
        """
        try:
            self._check()
            if self.size >= COPY_FROM * len(self._begin):
                self._add(Kind.HEADER, Chunk(self._begin), 0)
            self._write(index_bytes(self._places, self.size, self._crc))
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        self._finished = True
        self._open.close()
        return self.size

    def _check(self) -> None:
        if self._finished:
            raise ValueError("the archive is finished: nothing can be added")
        if self._n != self.header.n:
            raise ValueError(f"the header promises {self.header.n} rows. Received: {self._n}")
        if any(place.kind == Kind.MODEL for place in self._places) != self.header.with_model:
            raise ValueError(f"the header says with_model={self.header.with_model}, but the opposite was added")

    def _add(self, kind: Kind, chunk: Chunk, n_rows: int) -> None:
        if self._finished:
            raise ValueError("the archive is finished: nothing can be added")
        if not (kind == Kind.ROWS) <= n_rows <= MOST_ROWS:
            raise ValueError(f"a chunk must have from 1 to {MOST_ROWS:,} rows. Received: {n_rows}")
        first = self._n if kind == Kind.ROWS else 0
        content = chunk.to_bytes(kind, first, n_rows, self._crc)
        self._places.append(Place(kind, self.size, len(content), first, n_rows))
        self._n += n_rows
        self._write(content)

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self.size += len(content)
