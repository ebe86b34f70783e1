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

# Images whose decoding is worth a line to whoever waits.
MANY = 10_000
# Images of more are decoded one at a time, so that a folder of them fills no memory.
LARGE_PIXELS = 8_000_000
LARGE = threading.Lock()
# Files that a message about several names.
NAMED = 3
# Width by height, from which on an image is called stretched.
STRETCH = 1.1
# Images that are looked at for how bright they are.
LOOKED_AT = 64
# A brightest value below this share of white leaves most of the range unused.
DARK = 1 / 8


class ImageFiles:
    """Images in files, resized; decoded at every reading. Of 8 bits per value, or 16 where one has more than 8."""

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

    A line of the log says what is left out, stretched, or shown without what it hides.

    Args:
        path: The folder.
        height, width, channels: Of every image.
        memory: GiB that the images may take in memory, as float32. More of them stay in their files.
        cache: `disk` keeps decoded images in a file, for later runs as well. Images that are too large for memory
            are kept as bytes with `memory`, and decoded at every reading with None.
        shuffle_rows: Images that a shuffled pass mixes at a time, where they are read as asked for.
        limit: Images to take at most.
        background: What shows through transparent pixels, from 0 (black) to 1 (white).

    Raises:
        InputError: When the folder is missing or holds no image, or an image cannot be read.
    """
    folder, found = Path(path), found_in(path)
    files = found.files[:limit]
    labels = labels_of(folder, files)
    say_what_is_left_out(path, found, labels)
    # The library that reads TIFF prints what it finds wrong, and that is said in an error anyhow.
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
    """The images in `files` as `read_images` gives them, held in memory or read as asked for, and their pixels."""
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
    rows = StoredRows(
        images,
        0,
        len(files),
        images.shape[1:],
        prepare=in_unit_range,
        buffer_rows=buffer_rows(shuffle_rows, images.shape[1:]),
        unit=True,
    )
    return (rows[:] if fits else rows), images


def found_in(path: str) -> Found:
    """What the folder at `data.path` holds; one image at least."""
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
    """What a function gives for every item, in parallel; Pillow decodes without Python's lock.

    Raises:
        InputError: When items cannot be read: with the first texts, and how many more there are.
    """

    def attempt(item: Any) -> Any:
        try:
            return function(item)
        except InputError as error:
            return error

    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")  # what Pillow says of files that it can read nevertheless
        results = list(pool.map(attempt, items))
    errors = [str(result) for result in results if isinstance(result, InputError)]
    if errors:
        more = f"; and so it is with {len(errors) - NAMED:,} more" if len(errors) > NAMED else ""
        raise InputError("; ".join(errors[:NAMED]) + more)
    return results


def in_unit_range(pixels: np.ndarray) -> np.ndarray:
    """Values of 8 or 16 bits as floats in [0, 1]."""
    return np.divide(pixels, np.float32(np.iinfo(pixels.dtype).max), dtype=np.float32)


def say_what_is_left_out(path: str, found: Found, labels: list[str]) -> None:
    """Name the files that are not read, and what the labels of loose images are."""
    if found.left_out and found.is_clutter:  # of which users know nothing
        log.info("left out of %s: %s", path, found.left_out)
    elif found.left_out:
        log.warning("warning: left out of %s, for images end in .png, .jpg, .tif, ...: %s", path, found.left_out)
    if n := loose(labels):
        log.warning("warning: images that lie loose in %s, beside subfolders: %s; their label is a point", path, n)


def say_what_is_changed(
    files: Sequence[Path], facts: Sequence[Facts], shape: tuple[int, int, int], background: float
) -> None:
    """Say, a line for each, how many images are not learnt as they lie there, and what to do about it."""
    height, width, _ = shape

    def stretch(fact: Facts) -> float:
        ratio = fact.size[0] * height / (fact.size[1] * width)
        return max(ratio, 1 / ratio)

    def said(chosen: Callable[[Facts], bool], text: str, level: int = logging.WARNING) -> None:
        those = [i for i, fact in enumerate(facts) if chosen(fact)]
        if those:
            prefix = "warning: " if level == logging.WARNING else ""
            first = f"{files[those[0]].name}, {' x '.join(map(str, facts[those[0]].size))} pixels"
            log.log(level, "%s%s of %s images %s", prefix, f"{len(those):,}", f"{len(files):,}", text % first)

    said(lambda fact: fact.several, "hold several pictures, of which the first is taken (such as %s)")
    said(
        lambda fact: fact.cut,
        "have colours of 16 bits, of which the upper 8 are read (such as %s); grey ones of 16 bits are read whole",
    )
    said(
        lambda fact: stretch(fact) > STRETCH,
        f"are stretched to data.width={width} by data.height={height} (such as %s); crop them first, or choose "
        "a size of their proportions",
        logging.INFO,
    )
    said(
        lambda fact: fact.transparent,
        f"may be transparent, where data.background={background:g} shows: 0 is black, 1 is white (such as %s)",
        logging.INFO,
    )


def say_if_dark(images: Gathers) -> None:
    """Say when images of more than 8 bits use little of their range, as those of 12-bit cameras do."""
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
