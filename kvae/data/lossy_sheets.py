"""Images as one contact sheet in a lossy picture format: how many bytes that takes, and what comes back."""

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
        name: Of the format.
        quality: Its setting, from 1 to 100.
        n_bytes: Of the whole sheet.
        images: What came back, uint8, of the same shape.
    """

    name: str
    quality: int
    n_bytes: int
    images: np.ndarray


def lossy_sheets(images: np.ndarray) -> Iterator[Lossy]:
    """Images `(n, height, width, channels)`, uint8 of one channel or three, by format and by quality.

    One sheet of all, so that no format pays for headers image by image. A format that Pillow was built without, or
    that takes no sheet of this size, is left out.
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
    """The images of a sheet that `kvae.data.sheets.sheet_of` laid out, `shape` `(n, height, width, channels)`."""
    n, height, width, channels = shape
    grid = sheet.reshape(sheet.shape[0] // height, height, sheet.shape[1] // width, width, channels)
    return grid.swapaxes(1, 2).reshape(-1, height, width, channels)[:n]
