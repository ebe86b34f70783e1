"""A folder of PNG or JPEG images; the names of its subfolders are the labels."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from kvae.data.tables import Raw, one_line
from kvae.errors import InputError

ENDINGS = (".png", ".jpg", ".jpeg")
PIL_MODES = {1: "L", 3: "RGB"}


def read_images(path: str, height: int, width: int, channels: int) -> Raw:
    """Images in the sorted order of their paths, resized to `(height, width, channels)`, in [0, 1].

    Raises:
        InputError: When the folder is missing or holds no image, or an image cannot be read.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"data.path={path} is no folder (looked in {Path.cwd()})")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)
    if not files:
        raise InputError(f"data.path={path} holds no image with the ending {', '.join(ENDINGS)}")
    x = np.empty((len(files), height, width, channels), np.float32)

    def read(i: int) -> None:
        x[i] = read_image(files[i], height, width, channels)

    with ThreadPoolExecutor() as pool:  # Pillow decodes without Python's lock.
        list(pool.map(read, range(len(files))))
    labels = [file.parent.relative_to(folder).as_posix() for file in files]
    return Raw(x, np.array(labels) if set(labels) != {"."} else None)


def read_image(file: Path, height: int, width: int, channels: int) -> np.ndarray:
    """One image, resized, `(height, width, channels)` in [0, 1]."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            resized = image.convert(PIL_MODES[channels]).resize((width, height), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read as an image: {one_line(error)}") from error
    return np.asarray(resized, np.float32).reshape(height, width, channels) / 255.0
