"""Images as one contact sheet in a lossless picture format: its size in bytes."""

import io
import math
from typing import Any

import numpy as np

# Pairs of the largest number of grey values, and the bits per pixel that PNG needs for them.
FEW_BITS = ((2, 1), (4, 2), (16, 4))
LARGEST_SIDE = 16383  # of WebP


def sheet_of(images: np.ndarray) -> np.ndarray:
    """Images `(n, height, width, channels)` as one about square picture, padded with zeros."""
    n, height, width, channels = images.shape
    across = min(n, max(1, math.ceil(math.sqrt(n * height / width))))
    down = math.ceil(n / across)
    padded = np.zeros((down * across, height, width, channels), images.dtype)
    padded[:n] = images
    grid = padded.reshape(down, across, height, width, channels).swapaxes(1, 2)
    return grid.reshape(down * height, across * width, channels)


def sheet_bytes(levels: np.ndarray, n_values: int) -> dict[str, int]:
    """Bytes of the sheet as `png` and as lossless `webp`, each with its strongest compression.

    WebP is left out where Pillow lacks it, or the sheet is larger than it allows.

    Args:
        levels: `(n, height, width, channels)`, whole numbers from 0 to 255 of one channel or three.
        n_values: The number of possible values: a grey PNG gets the fewest bits per pixel that hold them.
    """
    from PIL import Image, features

    sheet = sheet_of(levels.astype(np.uint8))
    grey = sheet.shape[-1] == 1
    bits = next((bits for most, bits in FEW_BITS if grey and n_values <= most), 8)
    picture = for_png = Image.fromarray(sheet[..., 0] if grey else sheet)
    if bits == 1:
        for_png = Image.fromarray(sheet[..., 0] > 0)
    elif bits < 8:
        for_png = picture.copy()
        for_png.putpalette([value for value in range(2**bits) for _ in "rgb"])
    found = {"png": saved(for_png, "PNG", optimize=True, **({"bits": bits} if 1 < bits < 8 else {}))}
    if features.check("webp") and max(sheet.shape[:2]) <= LARGEST_SIDE:
        found["webp"] = saved(picture, "WEBP", lossless=True, quality=100, method=6, exact=True)
    return found


def saved(picture: Any, kind: str, **options: Any) -> int:
    """The size of a picture in a format, in bytes."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return len(file.getvalue())
