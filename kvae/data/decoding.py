"""Decode one image file to grey or colour values of 8 or 16 bits: upright, on a background where transparent."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import InputError

# Raise it when the same file is decoded to other values: cached images of earlier versions are then not used.
VERSION = 2
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "DIB", "PPM")
# Larger images are refused: a file of a few kilobytes can decode to any number of pixels.
MOST_PIXELS = 60_000_000
PIL_MODES = {1: "L", 3: "RGB"}
COLOURS = ("RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "LAB", "HSV")
WHITE_IS_ZERO, PHOTOMETRIC, BITS_PER_SAMPLE, ORIENTATION = 0, 262, 258, 274
SWAPS_SIDES = (5, 6, 7, 8)


@dataclass(frozen=True)
class Facts:
    """What the header of an image says.

    Attributes:
        size: Width and height in pixels, upright.
        deep: Whether its grey values have more than 8 bits.
        cut: Whether its colours, or grey values and opacities, have 16 bits, of which only the upper 8 are read.
        several: Whether it holds more than one picture.
        transparent: Whether it may have transparent pixels.
        coloured: Whether its pixels are stored as colours, even if all are grey; False for a palette.
    """

    size: tuple[int, int]
    deep: bool
    cut: bool
    several: bool
    transparent: bool
    coloured: bool


@contextmanager
def open_image(file: Path) -> Iterator[Any]:
    """Open an image file and read its header only.

    Raises:
        InputError: When the file is no image, is damaged, or has more than `MOST_PIXELS` pixels.
    """
    from PIL import Image, UnidentifiedImageError

    reason = ""
    try:
        # A file and not its path: Pillow would map the file, and the process would die if it were truncated.
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
        reason = "there is not enough memory for it"
    except OSError as error:
        reason = error.strerror or "it is damaged or cut off"
    except (ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error):
        # Pillow's readers raise these for damaged bytes.
        reason = "it is damaged"
    raise InputError(f"{file} cannot be read as an image: {reason}. Repair or remove it")


def facts_of(file: Path) -> Facts:
    """What the header of an image file says; decodes nothing.

    Raises:
        InputError: When the file is no image, or the value of white is not known for its format.
    """
    with open_image(file) as image:
        white = white_of(image, file)
        rawmode = str(image.tile[0].args) if image.tile else ""
        # MPO: some phones store a thumbnail or a map of brightness as further pictures of a photo.
        several = getattr(image, "is_animated", False) and image.format != "MPO"
        exif = image.format != "PNG" or "exif" in image.info  # else Pillow decodes a PNG to look for EXIF data
        swapped = image.format != "TIFF" and exif and orientation(image) in SWAPS_SIDES
        size = image.size[::-1] if swapped else image.size
        cut = ";16" in rawmode and white == 255
        coloured = image.mode in COLOURS and "LA;16" not in rawmode  # Pillow reads grey with opacity as RGBA
        return Facts(size, white > 255, cut, several, image.has_transparency_data, coloured)


def decode(file: Path, height: int, width: int, channels: int, dtype: Any, background: float) -> np.ndarray:
    """One image, upright and resized, `(height, width, channels)`, from 0 to the largest value of `dtype`.

    Args:
        file: The image; if it holds several pictures, the first is taken.
        height, width, channels: Shape of the returned array.
        dtype: `uint8` or `uint16`; `uint8` keeps 8 bits of an image of 16.
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
    # Resized after multiplication by the opacity, so that colours of transparent pixels do not bleed into others.
    layers = as_array(resized(premultiplied(image, channels), size), channels + 1)
    return np.round(layers[..., :-1] + (255 - layers[..., -1:].astype(np.float64)) * background)


def premultiplied(image: Any, channels: int) -> Any:
    """Convert an image to grey or colour times its opacity, with the opacity as last channel; closes `image`."""
    layered = image if image.mode == "RGBA" else image.convert("RGBA")
    for mode in ("RGBa",) if channels == 3 else ("LA", "La"):
        before, layered = layered, layered.convert(mode)
        before.close()  # so that at most two copies are in memory
        image.close()
    return layered


def deep(image: Any, size: tuple[int, int], channels: int, background: float, white: int) -> np.ndarray:
    """A grey image of more than 8 bits, resized, as floats from 0 to `white`."""
    from PIL import Image

    # Convert to native byte order: Pillow resizes the other one wrongly.
    values = np.asarray(image).astype(np.uint16)
    if tags(image).get(PHOTOMETRIC) == WHITE_IS_ZERO:
        values = white - values
    hidden = image.info.get("transparency")
    image.close()
    opacity: Any = 1.0
    if hidden is not None:
        opaque = np.where(values == hidden, 0, 65535).astype(np.uint16)
        values[opaque == 0] = 0  # so that values of transparent pixels do not bleed into others
        opacity = np.asarray(resized(Image.fromarray(opaque), size), np.float64) / 65535
    grey = np.asarray(resized(Image.fromarray(values), size), np.float64)
    grey = np.clip(grey + (1 - opacity) * background * white, 0, white)
    return np.repeat(grey[..., None], channels, axis=-1)


def resized(image: Any, size: tuple[int, int]) -> Any:
    """An image resized to `(width, height)`, bilinearly."""
    from PIL import Image

    return image.resize(size, Image.Resampling.BILINEAR)


def as_array(image: Any, channels: int) -> np.ndarray:
    """Pixels `(height, width, channels)`."""
    return np.asarray(image).reshape(image.height, image.width, channels)


def white_of(image: Any, file: Path) -> int:
    """The value of white: 255, 4095 or 65535.

    Raises:
        InputError: When it is not known, as for floats, or the colours are neither grey nor RGB, as LAB.
    """
    if image.mode.startswith("I;16"):
        return 4095 if tags(image).get(BITS_PER_SAMPLE) == (12,) else 65535
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return 65535
    if image.mode in ("I", "F"):
        kind = "floats" if image.mode == "F" else "signed or 32-bit numbers"
        raise InputError(
            f"{file} holds {kind}: the value of white is not known. Save it with 8 or 16 bits, or all images as "
            "one array (n, height, width), and type data=file data.path=x.npy data.scale=minmax"
        )
    if image.mode in ("LAB", "HSV"):
        raise InputError(f"{file} has {image.mode} colours. Save it as RGB or grey")
    return 255


def tags(image: Any) -> Any:
    """The tags of a TIFF by their numbers; nothing of another format."""
    return getattr(image, "tag_v2", {})


def orientation(image: Any) -> int:
    """The EXIF number of the camera's orientation; 1 is upright. Pillow rotates a TIFF when it decodes it."""
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
    """Pixels `(height, width, channels)`, flipped and rotated so that the photo is upright."""
    if turn in SWAPS_SIDES:
        values = values.swapaxes(0, 1)
    if turn in (3, 4, 7, 8):
        values = values[::-1]
    if turn in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
