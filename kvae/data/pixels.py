"""Decoded images that are kept as bytes: in memory, or in a cache file for later runs."""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kvae.data.decoding import VERSION
from kvae.data.row_files import Gathers, NpyFile
from kvae.errors import InputError
from kvae.process.user_cache import user_cache

log = logging.getLogger(__name__)

# How many images are decoded at a time when the cache file is written.
PIECE = 4096


class PixelArray:
    """Pixels in memory."""

    chunk = 1

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.pixels[start:stop]

    def gather(self, rows: np.ndarray) -> np.ndarray:
        return self.pixels[rows]


class PixelFile(NpyFile):
    """Pixels in a `.npy` file, whose rows are read in any order."""

    chunk = 1

    def gather(self, rows: np.ndarray) -> np.ndarray:
        pixels = np.empty((len(rows), *self.shape[1:]), self.dtype)
        with self.path.open("rb", buffering=0) as file:
            for place, row in enumerate(rows.tolist()):
                file.seek(self.offset + row * self.row_bytes)
                file.readinto(pixels[place].reshape(-1).data)
        return pixels


def kept_on_disk(opened: Callable[[], Gathers], how: tuple, folder: Path, files: Sequence[Path]) -> PixelFile:
    """A cache file with the images that `opened` gives; an existing one of the same files is used.

    `how` holds everything else that the pixels depend on.

    Raises:
        InputError: When the file cannot be written.
    """
    path = cache_folder() / f"images-{digest(how, folder, files)}.npy"
    if path.is_file():
        log.info("decoded images: %s", path)
        return PixelFile(path)
    images = opened()
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
    """Where decoded images are kept: `kvae` in the user's cache.

    Raises:
        InputError: When the user has no cache folder.
    """
    place = user_cache()
    if place is None:
        raise InputError(
            "data.cache=disk needs a folder: set XDG_CACHE_HOME to one with room, or type data.cache=null"
        )
    return place


def digest(how: tuple, folder: Path, files: Sequence[Path]) -> str:
    """A hash of all that the pixels depend on: `how`, and the names, sizes and times of the files."""
    stats = [(file.relative_to(folder).as_posix(), file.stat()) for file in files]
    known = [VERSION, how, str(folder.resolve()), [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:20]
