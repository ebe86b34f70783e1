"""A folder of PNG or JPEG images, decoded in parallel; the names of its subfolders are the labels."""

import logging
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.pixels import PixelArray, kept_on_disk
from kvae.data.stored import Gathers, StoredRows, buffer_rows
from kvae.data.tables import Raw, one_line
from kvae.errors import InputError

log = logging.getLogger(__name__)

ENDINGS = (".png", ".jpg", ".jpeg")
PIL_MODES = {1: "L", 3: "RGB"}
# Images whose decoding is worth a line to whoever waits.
MANY = 10_000
# An image of more is refused: a file of a few kilobytes may decode to any number.
MOST_PIXELS = 60_000_000
# Images of more are decoded one at a time, so that a folder of them fills no memory.
LARGE_PIXELS = 8_000_000
LARGE = threading.Lock()


class ImageFiles:
    """Images in files, resized, as bytes; decoded at every reading."""

    chunk = 1
    dtype = np.dtype(np.uint8)

    def __init__(self, files: Sequence[Path], shape: tuple[int, int, int]) -> None:
        self.files = files
        self.shape: tuple[int, ...] = (len(files), *shape)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.gather(np.arange(start, stop))

    def gather(self, rows: np.ndarray) -> np.ndarray:
        pixels = np.empty((len(rows), *self.shape[1:]), self.dtype)

        def decode(place: int) -> None:
            height, width, channels = self.shape[1:]
            pixels[place] = read_image(self.files[rows[place]], height, width, channels)

        with ThreadPoolExecutor() as pool:  # Pillow decodes without Python's lock.
            list(pool.map(decode, range(len(rows))))
        return pixels


def read_images(
    path: str,
    height: int,
    width: int,
    channels: int,
    memory: float = 4.0,
    cache: str | None = None,
    shuffle_rows: int = 65_536,
    limit: int | None = None,
) -> Raw:
    """Images in the sorted order of their paths, resized to `(height, width, channels)`, in [0, 1].

    Args:
        path: The folder.
        height, width, channels: Of every image.
        memory: GiB that the images may take in memory, as float32. More of them stay in their files.
        cache: `disk` keeps decoded images in a file, for later runs as well. Images that are too large for memory
            are kept as bytes with `memory`, and decoded at every reading with None.
        shuffle_rows: Images that a shuffled pass mixes at a time, where they are read as asked for.
        limit: Images to take at most.

    Raises:
        InputError: When the folder is missing or holds no image, or an image cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"data.path={path} is no folder (looked in {Path.cwd()})")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)[:limit]
    if not files:
        raise InputError(f"data.path={path} holds no image with the ending {', '.join(ENDINGS)}")
    labels = np.array([file.parent.relative_to(folder).as_posix() for file in files])
    images: Gathers = ImageFiles(files, (height, width, channels))
    fits = 4 * np.prod(images.shape, dtype=float) <= memory * 2**30
    if len(files) >= MANY and (fits or cache is not None):
        log.info("decoding %s images", f"{len(files):,}")
    if cache == "disk":
        images = kept_on_disk(images, folder, files)
    elif cache == "memory" and not fits:
        images = PixelArray(images.read(0, len(files)))
    rows = StoredRows(
        images,
        0,
        len(files),
        images.shape[1:],
        prepare=in_unit_range,
        buffer_rows=buffer_rows(shuffle_rows, images.shape[1:]),
        unit=True,
    )
    if not fits and cache is None:
        check_headers(files)
    return Raw(rows[:] if fits else rows, labels if set(labels) != {"."} else None)  # type: ignore[arg-type]


def in_unit_range(pixels: np.ndarray) -> np.ndarray:
    """Bytes as floats in [0, 1]."""
    return np.divide(pixels, np.float32(255.0), dtype=np.float32)


def read_image(file: Path, height: int, width: int, channels: int) -> np.ndarray:
    """One image, resized, `(height, width, channels)` bytes."""
    from PIL import Image

    with open_image(file) as image, LARGE if image.width * image.height > LARGE_PIXELS else nullcontext():
        resized = image.convert(PIL_MODES[channels]).resize((width, height), Image.Resampling.BILINEAR)
        image.close()  # while the lock is held: the next one takes as much
    return np.asarray(resized).reshape(height, width, channels)


@contextmanager
def open_image(file: Path) -> Iterator[Any]:
    """A PNG or JPEG, of which only the header is read yet.

    Raises:
        InputError: When it is no such image, is damaged, or decodes to more than `MOST_PIXELS`.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=("PNG", "JPEG"))
        with image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(
                    f"{image.width} x {image.height} pixels are more than {MOST_PIXELS:,}; shrink it first"
                )
            yield image
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, zlib.error) as error:
        raise InputError(f"{file} cannot be read as an image: {one_line(error)}") from error


def check_headers(files: Sequence[Path]) -> None:
    """Raise InputError for a file that is no image, now and not in the middle of the first pass."""

    def check(file: Path) -> None:
        with open_image(file):
            pass

    with ThreadPoolExecutor() as pool:
        list(pool.map(check, files))
