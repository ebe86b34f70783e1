"""Decoded images that are kept as bytes: in memory, or in a file that later runs find again."""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kvae.data.stored import Gathers, NpyFile
from kvae.errors import InputError

log = logging.getLogger(__name__)

# Images that are decoded at once on their way into a file.
PIECE = 4096


class PixelArray:
    """Bytes in memory."""

    chunk = 1

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.pixels[start:stop]

    def gather(self, rows: np.ndarray) -> np.ndarray:
        return self.pixels[rows]


class PixelFile(NpyFile):
    """Bytes in a `.npy` file, in any order."""

    chunk = 1

    def gather(self, rows: np.ndarray) -> np.ndarray:
        pixels = np.empty((len(rows), *self.shape[1:]), self.dtype)
        with self.path.open("rb", buffering=0) as file:
            for place, row in enumerate(rows.tolist()):
                file.seek(self.offset + row * self.row_bytes)
                file.readinto(pixels[place].reshape(-1).data)
        return pixels


def kept_on_disk(images: Gathers, folder: Path, files: Sequence[Path]) -> PixelFile:
    """The images as a file of bytes, decoded unless an earlier run did so with the same files and size.

    Raises:
        InputError: When the file cannot be written.
    """
    path = cache_folder() / f"images-{digest(images.shape, folder, files)}.npy"
    if path.is_file():
        log.info("decoded images: %s", path)
        return PixelFile(path)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            header = {"descr": images.dtype.str, "fortran_order": False, "shape": images.shape}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, len(files), PIECE):
                file.write(images.read(start, min(start + PIECE, len(files))).data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"data.cache=disk cannot write {path}: {error.strerror}. Set XDG_CACHE_HOME to a folder with room, "
            "or data.cache=null"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    log.info("decoded images are kept for later runs: %s", path)
    return PixelFile(path)


def cache_folder() -> Path:
    """Where decoded images are kept: `kvae` in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kvae"


def digest(shape: tuple[int, ...], folder: Path, files: Sequence[Path]) -> str:
    """A name for images of one shape from these files, with these sizes and times."""
    stats = [(file.relative_to(folder).as_posix(), file.stat()) for file in files]
    known = [shape, str(folder.resolve()), [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:20]
