"""Observations in the form of a page: images as thumbnails of bytes, rows of numbers unchanged."""

import zlib
from dataclasses import dataclass

import numpy as np

# The longer side of a thumbnail in pixels; the most bytes of all observations before and after compression.
SIDE, MANY_BYTES, MANY_PACKED = 32, 8_000_000, 3_000_000
# The largest value of a thumbnail's pixel: few levels, so that thumbnails compress to half the bytes.
LEVELS = 63


@dataclass(frozen=True)
class Observations:
    """Observations of a page.

    Attributes:
        values: Images, bytes from 0 to `LEVELS` `(n, height, width, channels)`, or rows, float32 `(n, columns)`.
        low, high: The values that the bytes 0 and `LEVELS` represent, in the model's units.
    """

    values: np.ndarray
    low: float = 0.0
    high: float = 1.0


def is_image(shape: tuple[int, ...]) -> bool:
    """Whether observations of this shape are shown as pictures."""
    return len(shape) == 3 and shape[2] in (1, 3)


def block(shape: tuple[int, ...]) -> int:
    """The side, in pixels of the image, of the block that becomes one pixel of its thumbnail."""
    return -(-max(shape[:2]) // SIDE) if is_image(shape) else 1


def bytes_of_one(shape: tuple[int, ...]) -> int:
    """Bytes of an observation in a page, before compression."""
    if not is_image(shape):
        return 4 * int(np.prod(shape))
    one = block(shape)
    return -(-shape[0] // one) * -(-shape[1] // one) * shape[2]


def shrunk(x: np.ndarray) -> np.ndarray:
    """Observations `(n, *shape)` at the size of a page: images become means of blocks of pixels, rows stay."""
    one = block(x.shape[1:])
    if one == 1:
        return np.array(x, np.float32)
    height, width = (-(-length // one) * one for length in x.shape[1:3])
    padding = ((0, 0), (0, height - x.shape[1]), (0, width - x.shape[2]), (0, 0))
    whole = np.pad(x, padding, mode="edge").reshape(len(x), height // one, one, width // one, one, x.shape[3])
    return whole.mean(axis=(2, 4), dtype=np.float32)


def thinning(values: np.ndarray) -> int:
    """The step at which observations `(n, ...)` are kept, so that they compress to at most `MANY_PACKED` bytes."""
    step = 1
    while len(values[::step]) > 1 and len(zlib.compress(values[::step].tobytes(), 1)) > MANY_PACKED:
        step *= 2
    return step


def as_observations(x: np.ndarray, low: float | None = None, high: float | None = None) -> Observations:
    """The result of `shrunk` in the form of a page, on the scale `low` to `high` of other images if given."""
    if not is_image(x.shape[1:]):
        return Observations(x.reshape(len(x), -1))
    if low is None or high is None:
        low, high = float(np.nanmin(x)), float(np.nanmax(x))
        low, high = (0.0, 1.0) if low >= 0.0 and high <= 1.0 else (low, high if high > low else low + 1.0)
    scaled = np.clip(np.nan_to_num((x - low) / (high - low), nan=0.0), 0.0, 1.0)
    return Observations(np.round(LEVELS * scaled).astype(np.uint8), low, high)
