"""A folder of images, decoded in parallel; the names of its subfolders are the labels."""

import logging
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.decoding import Facts, decode, facts_of
from kvae.data.image_files import ENDINGS, Found, find_images, labels_of, loose
from kvae.data.original import AsCame
from kvae.data.original.arrays import ArrayRows
from kvae.data.pixels import PixelArray, kept_on_disk
from kvae.data.row_files import Gathers
from kvae.data.stored import StoredRows, buffer_rows
from kvae.data.tables import Raw
from kvae.errors import InputError
from kvae.process.quiet import quiet_stderr

log = logging.getLogger(__name__)

# From so many images on, decoding takes long enough for a line in the log.
MANY = 10_000
# Larger images are decoded one at a time, so that parallel decoding does not fill the memory.
LARGE_PIXELS = 8_000_000
LARGE = threading.Lock()
# How many files an error about several names.
NAMED = 3
# An image is reported as stretched when its aspect ratio changes by more than this factor.
STRETCH = 1.1
# How many images are checked for their brightness.
LOOKED_AT = 64
# A brightest value below this share of white leaves most of the range unused.
DARK = 1 / 8


class ImageFiles:
    """Images in files, resized, decoded at every access: 8 bits per value, or 16 if any image has more than 8."""

    chunk = 1

    def __init__(
        self, files: Sequence[Path], shape: tuple[int, int, int], facts: Sequence[Facts], background: float
    ) -> None:
        self.files, self.background = files, background
        self.sizes = [fact.size for fact in facts]
        self.shape: tuple[int, ...] = (len(files), *shape)
        self.dtype = np.dtype(np.uint16 if any(fact.deep for fact in facts) else np.uint8)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.gather(np.arange(start, stop))

    def gather(self, rows: np.ndarray) -> np.ndarray:
        pixels = np.empty((len(rows), *self.shape[1:]), self.dtype)
        height, width, channels = self.shape[1:]

        def put(place: int) -> None:
            row = int(rows[place])
            large = self.sizes[row][0] * self.sizes[row][1] > LARGE_PIXELS
            with LARGE if large else nullcontext():
                pixels[place] = decode(self.files[row], height, width, channels, self.dtype, self.background)

        for_each(put, range(len(rows)))
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
    background: float = 1.0,
) -> Raw:
    """Images in the sorted order of their paths, upright, resized to `(height, width, channels)`, in [0, 1].

    The log names files that are left out, images that are stretched, and images that may be transparent.

    Args:
        path: The folder.
        height, width, channels: Shape of every image.
        memory: GiB that the images may take in memory, as float32. Larger data stays in its files.
        cache: `disk` keeps decoded images in a file, for later runs too. For images that exceed `memory`, the
            cache `memory` keeps them in memory as bytes, and with None they are decoded at every access.
        shuffle_rows: How many images a shuffled pass mixes at a time, when they stay in their files.
        limit: Images to take at most.
        background: What shows through transparent pixels, from 0 (black) to 1 (white).

    Raises:
        InputError: When the folder is missing or holds no image, or an image cannot be read.
    """
    folder, found = Path(path), found_in(path)
    files = found.files[:limit]
    labels = labels_of(folder, files)
    say_what_is_left_out(path, found, labels)
    # The library that reads TIFF prints messages of its own; faults are raised as errors anyway.
    with quiet_stderr() if any(file.suffix.lower() in (".tif", ".tiff") for file in files) else nullcontext():
        x, images = read_files(folder, files, (height, width, channels), memory, cache, shuffle_rows, background)
    known = np.array(labels) if set(labels) != {"."} else None
    names = np.array([file.relative_to(folder).as_posix() for file in files])
    came = AsCame(lambda: ArrayRows(images, names=names), range(len(files)), float(np.iinfo(images.dtype).max))
    return Raw(x, known, ids=names, id_name="file", came=came)  # type: ignore[arg-type]


def read_files(
    folder: Path,
    files: Sequence[Path],
    shape: tuple[int, int, int],
    memory: float,
    cache: str | None,
    shuffle_rows: int,
    background: float,
) -> tuple[np.ndarray | StoredRows, Gathers]:
    """The images in `files` as `read_images` gives them, in memory or stored, and the source of their pixels."""
    fits = 4 * np.prod((len(files), *shape), dtype=float) <= memory * 2**30

    def opened() -> ImageFiles:
        facts = for_each(facts_of, files)
        say_what_is_changed(files, facts, shape, background)
        if len(files) >= MANY and (fits or cache is not None):
            log.info("decoding %s images", f"{len(files):,}")
        return ImageFiles(files, shape, facts, background)

    images: Gathers
    if cache == "disk":
        images = kept_on_disk(opened, (shape, background), folder, files)
    else:
        images = opened()
        if cache == "memory" and not fits:
            images = PixelArray(images.read(0, len(files)))
    say_if_dark(images)
    buffered = buffer_rows(shuffle_rows, images.shape[1:])
    rows = StoredRows(
        images, 0, len(files), images.shape[1:], prepare=in_unit_range, buffer_rows=buffered, unit=True
    )
    return (rows[:] if fits else rows), images


def found_in(path: str) -> Found:
    """What the folder at `data.path` holds; raises InputError unless it has an image."""
    folder = Path(path)
    if not folder.is_dir():
        one = "; for a table or an array, type data=file" if folder.is_file() else ""
        raise InputError(f"data.path={path} is no folder (looked in {Path.cwd()}){one}")
    found = find_images(folder)
    if not found.files:
        held = f". It holds {found.left_out}: save them in one of these formats" if found.left_out else ""
        raise InputError(f"data.path={path} holds no image with the ending {', '.join(ENDINGS)}{held}")
    return found


def for_each(function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """The results of a function for all items, computed in threads, for Pillow releases Python's lock.

    Raises:
        InputError: When items cannot be read: with the first errors, and the number of further ones.
    """

    def attempt(item: Any) -> Any:
        try:
            return function(item)
        except InputError as error:
            return error

    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")  # Pillow warns of files that it can read
        results = list(pool.map(attempt, items))
    errors = [str(result) for result in results if isinstance(result, InputError)]
    if errors:
        more = f"; and {len(errors) - NAMED:,} more files" if len(errors) > NAMED else ""
        raise InputError("; ".join(errors[:NAMED]) + more)
    return results


def in_unit_range(pixels: np.ndarray) -> np.ndarray:
    """Values of 8 or 16 bits as floats in [0, 1]."""
    return np.divide(pixels, np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)


def say_what_is_left_out(path: str, found: Found, labels: list[str]) -> None:
    """Log the files that are not read, and the label of images that are in no subfolder."""
    if found.left_out and found.is_clutter:  # no warning for files that users do not see
        log.info("left out of %s: %s", path, found.left_out)
    elif found.left_out:
        log.warning("warning: left out of %s (images end in .png, .jpg, .tif, ...): %s", path, found.left_out)
    if n := loose(labels):
        log.warning("warning: images in %s itself, not in a subfolder: %s; their label is '.'", path, n)


def say_what_is_changed(
    files: Sequence[Path], facts: Sequence[Facts], shape: tuple[int, int, int], background: float
) -> None:
    """Log, a line per kind of change, how many images are changed before they are learnt, and what to do."""
    height, width, channels = shape

    def stretch(fact: Facts) -> float:
        ratio = fact.size[0] * height / (fact.size[1] * width)
        return max(ratio, 1 / ratio)

    def said(chosen: Callable[[Facts], bool], text: str, level: int = logging.WARNING) -> None:
        those = [i for i, fact in enumerate(facts) if chosen(fact)]
        if those:
            prefix = "warning: " if level == logging.WARNING else ""
            first = f"{files[those[0]].name}, {' x '.join(map(str, facts[those[0]].size))} pixels"
            log.log(level, "%s%s of %s images %s", prefix, f"{len(those):,}", f"{len(files):,}", text % first)

    said(lambda fact: fact.several, "hold several pictures; only the first is read (such as %s)")
    said(
        lambda fact: fact.cut,
        "have colours, or grey values with transparency, of 16 bits; only the upper 8 are read (such as %s); "
        "of grey images without transparency all 16 bits are read",
    )
    text = "are in colour and are read as grey; data.channels=3 keeps the colours (such as %s)"
    said(lambda fact: fact.coloured and channels == 1, text, logging.INFO)
    said(
        lambda fact: stretch(fact) > STRETCH,
        f"are stretched to data.width={width} by data.height={height} (such as %s); crop them first, or choose "
        "a size with their aspect ratio",
        logging.INFO,
    )
    said(
        lambda fact: fact.transparent,
        f"may have transparent pixels, shown as data.background={background:g}: 0 black, 1 white (such as %s)",
        logging.INFO,
    )


def say_if_dark(images: Gathers) -> None:
    """Warn when 16-bit images use little of their range, as from 12-bit cameras; reads up to 64 images."""
    if images.dtype != np.uint16:
        return
    n = images.shape[0]
    brightest = int(images.gather(np.unique(np.linspace(0, n - 1, min(n, LOOKED_AT)).astype(int))).max())
    if 0 < brightest < DARK * 65535:
        log.warning(
            "warning: the brightest of the 16-bit images is %s of 65,535, %.1g of white; data.scale=minmax makes "
            "it 1",
            f"{brightest:,}",
            brightest / 65535,
        )
