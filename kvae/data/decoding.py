"""One image file as grey or colour values: 8 or 16 bits, upright, nothing hidden shown."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError

# Changes when the same file would be decoded to other values: decoded images that are kept are then made anew.
VERSION = 2
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "DIB", "PPM")
# An image of more is refused: a file of a few kilobytes may decode to any number.
MOST_PIXELS = 60_000_000
PIL_MODES = {1: "L", 3: "RGB"}
WHITE_IS_ZERO, PHOTOMETRIC, BITS_PER_SAMPLE, ORIENTATION = 0, 262, 258, 274
SWAPS_SIDES = (5, 6, 7, 8)


@dataclass(frozen=True)
class Facts:
    """What the header of an image says.

    Attributes:
        size: Width and height in pixels, upright.
        deep: Whether its grey values have more than 8 bits.
        cut: Whether its colours have 16 bits, of which 8 are read.
        several: Whether it holds more pictures than the first.
        transparent: Whether it may have transparent pixels.
    """

    size: tuple[int, int]
    deep: bool
    cut: bool
    several: bool
    transparent: bool


@contextmanager
def open_image(file: Path) -> Iterator[Any]:
    """An image file, of which only the header is read yet.

    Raises:
        InputError: When it is none, is damaged, or decodes to more than `MOST_PIXELS`.
    """
    from PIL import Image, UnidentifiedImageError

    reason = ""
    try:
        # A file and not its path: Pillow would map it, and die should somebody cut it off meanwhile.
        with file.open("rb") as stream, Image.open(stream, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InputError(
                    f"{file} cannot be read as an image: {image.width} x {image.height} pixels are more than "
                    f"{MOST_PIXELS:,}; shrink it first"
                )
            yield image
            return
    except InputError:
        raise
    except UnidentifiedImageError:
        kinds = "PNG, JPEG, TIFF, WebP, GIF, BMP or PPM"
        reason = "it is empty" if file.stat().st_size == 0 else f"it holds no {kinds}, or a damaged one"
    except Image.DecompressionBombError:
        reason = f"it has more than {MOST_PIXELS:,} pixels; shrink it first"
    except MemoryError:
        reason = "memory is too short for it"
    except OSError as error:
        reason = error.strerror or "it is damaged or cut off"
    except (ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error):
        # What Pillow's readers raise for bytes that are not as they should be.
        reason = "it is damaged"
    raise InputError(f"{file} cannot be read as an image: {reason}. Mend or remove it")


def facts_of(file: Path) -> Facts:
    """What the header of a file says; decodes nothing.

    Raises:
        InputError: When it is no image, or one whose white is not known.
    """
    with open_image(file) as image:
        white = white_of(image, file)
        rawmode = str(image.tile[0].args) if image.tile else ""
        # Some phones put a small copy, or a map of brightness, behind a photo.
        several = getattr(image, "is_animated", False) and image.format != "MPO"
        exif = image.format != "PNG" or "exif" in image.info  # elsewhere Pillow would decode to look for it
        swapped = image.format != "TIFF" and exif and orientation(image) in SWAPS_SIDES
        size = image.size[::-1] if swapped else image.size
        return Facts(size, white > 255, ";16" in rawmode and white == 255, several, image.has_transparency_data)


def decode(file: Path, height: int, width: int, channels: int, dtype: Any, background: float) -> np.ndarray:
    """One image, upright and resized, `(height, width, channels)`, from 0 to all that `dtype` holds.

    Args:
        file: The image; of several pictures in it, the first.
        height, width, channels: Of what is returned.
        dtype: `uint8` or `uint16`; the former loses what an image of 16 bits has beyond 8.
        background: What shows through transparent pixels, from 0 (black) to 1 (white).

    Raises:
        InputError: When it cannot be read.
    """
    with open_image(file) as image:
        white = white_of(image, file)
        image.load()
        turn = orientation(image)
        size = (height, width) if turn in SWAPS_SIDES else (width, height)
        if white == 255:
            values = shallow(image, size, channels, background)
        else:
            values = deep(image, size, channels, background, white)
    values = upright(values, turn)
    most = np.iinfo(dtype).max
    if white == 255 and most == 255:
        return values.astype(np.uint8)
    return np.round(values.astype(np.float64) * (most / white)).astype(dtype)


def shallow(image: Any, size: tuple[int, int], channels: int, background: float) -> np.ndarray:
    """An image of 8 bits per value, resized, as floats or bytes from 0 to 255."""
    if not image.has_transparency_data:
        converted = image.convert(PIL_MODES[channels])
        image.close()
        return as_array(resized(converted, size), channels)
    # Multiplied by the opacity while it is resized, so that hidden colours do not bleed into their neighbours.
    layers = as_array(resized(premultiplied(image, channels), size), channels + 1)
    return np.round(layers[..., :-1] + (255 - layers[..., -1:].astype(np.float64)) * background)


def premultiplied(image: Any, channels: int) -> Any:
    """An image with transparency as grey or colour times its opacity, and the opacity; `image` is closed."""
    layered = image if image.mode == "RGBA" else image.convert("RGBA")
    for mode in ("RGBa",) if channels == 3 else ("LA", "La"):
        before, layered = layered, layered.convert(mode)
        before.close()  # not three of them in memory
        image.close()
    return layered


def deep(image: Any, size: tuple[int, int], channels: int, background: float, white: int) -> np.ndarray:
    """A grey image of more than 8 bits, resized, as floats from 0 to `white`."""
    from PIL import Image

    # In this machine's own byte order: Pillow resizes the other one wrongly.
    values = np.asarray(image).astype(np.uint16)
    if tags(image).get(PHOTOMETRIC) == WHITE_IS_ZERO:
        values = white - values
    hidden = image.info.get("transparency")
    image.close()
    opacity: Any = 1.0
    if hidden is not None:
        opaque = np.where(values == hidden, 0, 65535).astype(np.uint16)
        values[opaque == 0] = 0  # so that hidden colours do not bleed into their neighbours
        opacity = np.asarray(resized(Image.fromarray(opaque), size), np.float64) / 65535
    grey = np.asarray(resized(Image.fromarray(values), size), np.float64)
    grey = np.clip(grey + (1 - opacity) * background * white, 0, white)
    return np.repeat(grey[..., None], channels, axis=-1)


def resized(image: Any, size: tuple[int, int]) -> Any:
    """An image of another width and height."""
    from PIL import Image

    return image.resize(size, Image.Resampling.BILINEAR)


def as_array(image: Any, channels: int) -> np.ndarray:
    """Pixels `(height, width, channels)`."""
    return np.asarray(image).reshape(image.height, image.width, channels)


def white_of(image: Any, file: Path) -> int:
    """The value that is white.

    Raises:
        InputError: When the file does not say, as of floats, or its colours are not those of a screen.
    """
    if image.mode.startswith("I;16"):
        return 4095 if tags(image).get(BITS_PER_SAMPLE) == (12,) else 65535
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return 65535
    if image.mode in ("I", "F"):
        kind = "floats" if image.mode == "F" else "signed or 32-bit numbers"
        raise InputError(
            f"{file} holds {kind}, of which nobody knows the white. Save it with 8 or 16 bits, or all images as "
            "one array (n, height, width), and type data=file data.path=x.npy data.scale=minmax"
        )
    if image.mode in ("LAB", "HSV"):
        raise InputError(f"{file} has {image.mode} colours. Save it as RGB or grey")
    return 255


def tags(image: Any) -> Any:
    """The tags of a TIFF by their numbers; nothing of another format."""
    return getattr(image, "tag_v2", {})


def orientation(image: Any) -> int:
    """How a camera was held, as EXIF numbers it: 1 is upright. A TIFF is turned when it is decoded."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except (
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        struct.error,
    ):  # EXIF that is damaged says nothing
        return 1


def upright(values: np.ndarray, turn: int) -> np.ndarray:
    """Pixels `(height, width, channels)` of a photo as it was seen."""
    if turn in SWAPS_SIDES:
        values = values.swapaxes(0, 1)
    if turn in (3, 4, 7, 8):
        values = values[::-1]
    if turn in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
