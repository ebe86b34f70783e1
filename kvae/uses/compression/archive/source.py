"""The bytes of an archive: a file, which others may have made, or bytes in memory."""

import io
import os
import zlib
from pathlib import Path
from typing import BinaryIO

from kvae.errors import InputError
from kvae.runs.files import relative
from kvae.runs.plain import open_plain

PIECE = 2**20  # bytes in memory at a time when a whole file is read
AGAIN = "Copy it again from where it came"
SALVAGE = f"{AGAIN}, or restore the undamaged chunks: mode.salvage=true, from Python salvage=True"

# An archive as an argument: the path of its file, or its content.
Bytes = str | os.PathLike[str] | bytes | bytearray | memoryview


class Source:
    """An archive's bytes, with random access; `name` is its name in errors.

    Raises:
        InputError: When a path is not that of a plain file, or cannot be read.
        TypeError: When `archive` is neither a path nor bytes.
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
            # The user's path may be a link, but its target must be a plain file.
            self.file = open_plain(path.resolve(strict=True))
        except (OSError, ValueError, RuntimeError) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise InputError(
                f"{self.name} cannot be read as an archive: {reason}. Name a file NAME.kvae"
            ) from error
        self.size = os.fstat(self.file.fileno()).st_size

    def read(self, place: int, n_bytes: int) -> bytes:
        """Read `n_bytes` bytes from `place` on.

        Raises:
            InputError: When there are fewer, since the file has changed, or the disk has a fault.
        """
        try:
            self.file.seek(place)
            content = self.file.read(n_bytes)
        except OSError as error:
            raise InputError(f"{self.name} can no longer be read: {error.strerror}") from error
        if len(content) != n_bytes:
            raise InputError(f"{self.name} changed while it was read. Nothing was restored; try again")
        return content

    def crc(self, place: int, n_bytes: int, crc: int = 0) -> int:
        """CRC32 of `n_bytes` bytes from `place` on, continuing `crc`, in constant memory."""
        for begin in range(place, place + n_bytes, PIECE):
            crc = zlib.crc32(self.read(begin, min(PIECE, place + n_bytes - begin)), crc)
        return crc

    def error(self, what: str, then: str = SALVAGE) -> InputError:
        """The error for a damaged archive; `then` says what to do."""
        return InputError(f"{self.name} {what}. Nothing was restored. {then}".rstrip(" ."))

    def close(self) -> None:
        self.file.close()
