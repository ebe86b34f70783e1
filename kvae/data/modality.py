"""One of several kinds of data of the same objects: which rows have it, and how its images are changed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kvae.data.labels import tidy_labels
from kvae.data.options import DataConfig
from kvae.data.stored import StoredRows
from kvae.data.tables import Raw, read_table
from kvae.errors import InputError
from kvae.runs.npy import open_npz

NONE = -1


@dataclass(frozen=True)
class Modality:
    """The keys of an observation's node, besides those of its source of data.

    Attributes:
        key: The prefix of its keys, such as `network.modules.speech.`, for messages.
        rotate: Degrees by which images are rotated counter-clockwise about their centre.
        crop: `top`, `left`, `height` and `width` of the part of an image that is taken, after the rotation.
        mask: An array of the `.npz`, or a file, with a number per row of the network: 1 where it has this kind of
            data, 0 where this is missing.
        index: An array of the `.npz`, or a file, with a number per row of the network: the row of this data that
            belongs to it, from 0; -1 where this kind of data is missing.
    """

    key: str = ""
    rotate: float = 0.0
    crop: Sequence[int] | None = None
    mask: str | None = None
    index: str | None = None

    @property
    def keeps_shape(self) -> bool:
        """Whether observations keep the shape of the source, or of the key `shape`."""
        return not self.rotate and self.crop is None

    def of(self, raw: Raw, config: DataConfig) -> Raw:
        """The rows of a source in the order of the network's rows; `Raw.there` says which of these have data.

        Raises:
            InputError: For keys that do not apply to the data.
        """
        if self.rotate or self.crop is not None:
            raw = self.cut(raw, config)
        if self.mask is None and self.index is None:
            return raw
        name = "mask" if self.index is None else "index"
        if raw.table is not None:
            raise InputError(
                f"{self.key}{name} is for arrays: rows of a table without any value are learnt as they are. "
                f"Received: {name}={getattr(self, name)} with {config.called}. Type {self.key}{name}=null"
            )
        if raw.x_test is not None:
            raise InputError(
                f"{self.key}{name} needs a source without held-out rows of its own. Received: {config.called}"
            )
        self.check_memory(raw, config, name)
        rows = np.arange(len(raw.x)) if self.index is None else self.rows_of(len(raw.x), config)
        there = rows != NONE
        if self.mask is not None:
            there &= self.mask_of(len(rows), config)
        if not there.any():
            keys = " and ".join(f"{self.key}{name}" for name in ("mask", "index") if getattr(self, name))
            raise InputError(f"{keys}: no row has this kind of data")
        return paired(raw, np.where(there, rows, rows[there][0]), there)

    def check_memory(self, raw: Raw, config: DataConfig, name: str) -> None:
        """Raise InputError for rows that stay in their files."""
        if isinstance(raw.x, StoredRows):
            raise InputError(f"{self.key}{name} needs the data in memory. Raise data.memory={config.memory:g}")

    def numbers(self, name: str, config: DataConfig) -> np.ndarray:
        """The whole numbers `(n,)` in the array or file that a key names."""
        value = getattr(self, name)
        values = self.array(name, value, config)
        if values.ndim != 1 or values.dtype.kind not in "biuf" or not np.all(values == np.floor(values)):
            raise InputError(
                f"{self.key}{name}={value} must hold one whole number per row, shape (n,). "
                f"Received: shape {values.shape}, {values.dtype}"
            )
        return values.astype(np.int64)

    def array(self, name: str, value: str, config: DataConfig) -> np.ndarray:
        """The array named `value` in the `.npz`, or the values of the file `value`."""
        path = Path(config.path or "")
        held = ""
        if path.suffix.lower() == ".npz":
            with open_npz(path) as arrays:
                if value in arrays:
                    return np.asarray(arrays[value])
                held = f", which holds {', '.join(arrays.names)}"
        if Path(value).is_file():
            values = read_table(value).x
            return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        raise InputError(
            f"{self.key}{name} must name an array of an .npz that is {config.called}{held}, or a file with a "
            f"number per row. Received: {value}"
        )

    def rows_of(self, n: int, config: DataConfig) -> np.ndarray:
        """For each row of the network the number of its row among `n`, or -1."""
        rows = self.numbers("index", config)
        bad = np.flatnonzero((rows < NONE) | (rows >= n))
        if len(bad):
            raise InputError(
                f"{self.key}index={self.index} must hold numbers of the {n} rows, from 0, or -1. "
                f"Received: {rows[bad[0]]} in row {bad[0]}"
            )
        return rows

    def mask_of(self, n: int, config: DataConfig) -> np.ndarray:
        """Whether each of `n` rows has this kind of data."""
        mask = self.numbers("mask", config)
        if len(mask) != n:
            raise InputError(
                f"{self.key}mask={self.mask} must have a number for each of the {n} rows. Received: {len(mask)}"
            )
        bad = np.flatnonzero((mask != 0) & (mask != 1))
        if len(bad):
            raise InputError(
                f"{self.key}mask={self.mask} must hold 1 where a row has this kind of data, and 0 where it is "
                f"missing. Received: {mask[bad[0]]} in row {bad[0]}"
            )
        return mask == 1

    def cut(self, raw: Raw, config: DataConfig) -> Raw:
        """`raw` with its images rotated and cropped."""
        name = "rotate" if self.rotate else "crop"
        self.check_memory(raw, config, name)
        shape = tuple(raw.x.shape[1:] if config.shape is None else config.shape)
        if raw.table is not None or len(shape) not in (2, 3) or math.prod(shape) != math.prod(raw.x.shape[1:]):
            raise InputError(
                f"{self.key}{name} is for images, of shape [height,width] or [height,width,channels]. "
                f"Received: {config.called} with observations of shape {list(shape)}. "
                f"For images without these axes set {self.key}shape"
            )
        x = self.cut_images(raw.x.reshape(-1, *shape))
        x_test = None if raw.x_test is None else self.cut_images(raw.x_test.reshape(-1, *shape))
        return replace(raw, x=x, x_test=x_test, columns=None, came=None, came_test=None)

    def cut_images(self, x: np.ndarray) -> np.ndarray:
        """Images `(n, height, width, ...)` rotated and cropped; pixels from outside the image are 0."""
        if self.rotate:
            x = rotated(x, self.rotate)
        if self.crop is None:
            return x
        top, left, height, width = self.crop
        if top + height > x.shape[1] or left + width > x.shape[2]:
            raise InputError(
                f"{self.key}crop must lie within images of {x.shape[1]} x {x.shape[2]} pixels, as "
                f"[top,left,height,width]. Received: {list(self.crop)}"
            )
        return x[:, top : top + height, left : left + width]


def rotated(x: np.ndarray, degrees: float) -> np.ndarray:
    """Images `(n, height, width, ...)` rotated counter-clockwise about their centre, linearly interpolated.

    Their size does not change; pixels from outside the image are 0. Rotations of square images by multiples of 90
    degrees are exact.
    """
    from scipy.ndimage import rotate

    turns = degrees / 90
    if turns == int(turns) and x.shape[1] == x.shape[2]:
        return np.rot90(x, int(turns) % 4, axes=(1, 2))
    return rotate(np.asarray(x, np.float32), degrees, axes=(2, 1), reshape=False, order=1, mode="constant")


def paired(raw: Raw, rows: np.ndarray, there: np.ndarray) -> Raw:
    """Rows of a source in the order of the network's rows; where `there` is False a row holds another's values.

    Labels as many as the network's rows belong to these; other labels belong to the rows of the source.
    """
    labels = raw.labels
    if labels is not None and len(labels) == len(raw.x) != len(rows):
        labels = tidy_labels(
            [label if one else None for label, one in zip(labels[rows].tolist(), there, strict=True)]
        )
    same = np.array_equal(rows, np.arange(len(raw.x)))
    return replace(
        raw,
        x=raw.x if same else raw.x[rows],
        labels=labels,
        ids=raw.ids if same else None,
        lines=raw.lines if same else None,
        came=None,
        there=None if there.all() else there,
    )
