"""Where an archive is read: a file that others may have made, or bytes."""

import io
import os
import zlib
from pathlib import Path
from typing import BinaryIO

from kvae.errors import InputError
from kvae.runs.files import relative
from kvae.runs.plain import open_plain

PIECE = 2**20  # bytes that are in memory at a time where all of a file is read
AGAIN = "Copy it again from where it came"
SALVAGE = f"{AGAIN}, or restore the chunks that are whole: mode.salvage=true, from Python salvage=True"

# An archive as people give it: the path of its file, or all of it.
Bytes = str | os.PathLike[str] | bytes | bytearray | memoryview


class Source:
    """An archive's bytes, read by place; `name` is what errors call it.

    Raises:
        InputError: When a path is that of no plain file, or cannot be read.
        TypeError: When it is neither path nor bytes.
    """

    def __init__(self, archive: Bytes) -> None:
        self.file: BinaryIO
        if isinstance(archive, bytes | bytearray | memoryview):
            self.name, self.file = "the archive", io.BytesIO(archive)
            self.size = len(self.file.getbuffer())
            return
        if not isinstance(archive, str | os.PathLike):
            raise TypeError(f"an archive must be a path or bytes. Received: {type(archive).__name__}")
        path = Path(archive)
        self.name = relative(path)
        try:
            # The user's own path may be a link; what it leads to must be a file.
            self.file = open_plain(path.resolve(strict=True))
        except (OSError, ValueError, RuntimeError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise InputError(
                f"{self.name} cannot be read as an archive: {reason}. Name a file NAME.kvae"
            ) from error
        self.size = os.fstat(self.file.fileno()).st_size

    def read(self, place: int, n_bytes: int) -> bytes:
        """So many bytes from `place` on.

        Raises:
            InputError: When there are fewer, which `size` did not say: it changed, or the disk is at fault.
        """
        try:
            self.file.seek(place)
            content = self.file.read(n_bytes)
        except OSError as error:
            raise InputError(f"{self.name} can be read no more: {error.strerror}") from error
        if len(content) != n_bytes:
            raise InputError(f"{self.name} changed while it was read. Nothing was restored; try again")
        return content

    def crc(self, place: int, n_bytes: int, crc: int = 0) -> int:
        """CRC32 of so many bytes from `place` on, in constant memory."""
        for begin in range(place, place + n_bytes, PIECE):
            crc = zlib.crc32(self.read(begin, min(PIECE, place + n_bytes - begin)), crc)
        return crc

    def error(self, what: str, then: str = SALVAGE) -> InputError:
        """The error for an archive that is not whole, and what to do."""
        return InputError(f"{self.name} {what}. Nothing was restored. {then}".rstrip(" ."))

    def close(self) -> None:
        self.file.close()
