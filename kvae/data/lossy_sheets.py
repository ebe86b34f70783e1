"""Images as one contact sheet in a lossy picture format: its size in bytes, and the decoded images."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kvae.data.sheets import LARGEST_SIDE, sheet_of

QUALITIES = (1, 10, 30, 60, 90)
FORMATS: dict[str, dict[str, Any]] = {"JPEG": {"optimize": True}, "WebP": {"method": 4}}


@dataclass(frozen=True)
class Lossy:
    """Images in a lossy format.

    Attributes:
        name: The name of the format.
        quality: The quality setting of the format, from 1 to 100.
        n_bytes: Size of the whole sheet.
        images: The decoded images, uint8, of the same shape.
    """

    name: str
    quality: int
    n_bytes: int
    images: np.ndarray


def lossy_sheets(images: np.ndarray) -> Iterator[Lossy]:
    """Encode and decode images `(n, height, width, channels)`, uint8 of one channel or three, in each format.

    All images are one sheet, so that a format needs one header and not one per image. WebP is left out where
    Pillow lacks it, or the sheet is larger than it allows. Gives a `Lossy` per format and quality.
    """
    from PIL import Image, features

    sheet = sheet_of(images)
    grey = sheet.shape[-1] == 1
    picture = Image.fromarray(sheet[..., 0] if grey else sheet)
    for name, options in FORMATS.items():
        if name == "WebP" and not (features.check("webp") and max(sheet.shape[:2]) <= LARGEST_SIDE):
            continue
        for quality in QUALITIES:
            file = io.BytesIO()
            picture.save(file, name, quality=quality, **options)
            n_bytes = file.tell()
            back = np.asarray(Image.open(file).convert("L" if grey else "RGB"))
            yield Lossy(name, quality, n_bytes, from_sheet(back.reshape(sheet.shape), images.shape))


def from_sheet(sheet: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The images of shape `shape`, `(n, height, width, channels)`, on a sheet of `kvae.data.sheets.sheet_of`."""
    n, height, width, channels = shape
    grid = sheet.reshape(sheet.shape[0] // height, height, sheet.shape[1] // width, width, channels)
    return grid.swapaxes(1, 2).reshape(-1, height, width, channels)[:n]
