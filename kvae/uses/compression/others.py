"""Sizes that general compressors reach on the same values, each with its strongest setting and best form of input.

A form is an order of the values and the bits in which they are stored. A compressor of bytes would look worse than
it is if it got zeros and ones as a byte each, or a table row by row.
"""

import bz2
import gzip
import importlib.util
import lzma
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from kvae.data.sheets import FEW_BITS, sheet_bytes

# Others are measured on at most so many bytes of values; of more data on some evenly spread chunks.
MOST_BYTES = 2**23
# Images of more bytes are not tried column by column.
FEW_BYTES = 2**20
# Most values on a contact sheet, since picture formats take ten times as long.
SHEET_BYTES = 2**20


def sizes_of_others(levels: np.ndarray, n_values: int | None) -> dict[str, float]:
    """Bits per dimension that other compressors need for the same levels, by name. Draws no random numbers.

    `gzip`, `bz2`, `xz`, `zstd` (where the package zstandard is installed), each the smallest over all forms; of
    images of up to 256 levels also `png` and `webp`, with all images on one contact sheet, which is smaller than
    one file each.

    Args:
        levels: `(n, *data_shape)` whole numbers >= 0.
        n_values: Number of levels; None: one more than the largest in `levels`.
    """
    n_values = int(levels.max()) + 1 if n_values is None else n_values
    forms = forms_of(levels, n_values)
    known = compressors()
    with ThreadPoolExecutor(2) as pool:
        jobs = {name: [pool.submit(size, form) for form in forms] for name, size in known.items()}
        found: dict[str, float] = {name: min(job.result() for job in each) for name, each in jobs.items()}
    if levels.ndim == 4 and levels.shape[-1] in (1, 3) and n_values <= 256:
        some = levels[:: math.ceil(levels.size / SHEET_BYTES)]
        scale = levels.size / some.size
        found |= {name: scale * n_bytes for name, n_bytes in sheet_bytes(some, n_values).items()}
    return {name: 8.0 * n_bytes / levels.size for name, n_bytes in found.items()}


def smallest_type(n_values: int) -> np.dtype:
    """The smallest type of whole numbers that holds so many levels."""
    return np.min_scalar_type(max(0, n_values - 1))


def forms_of(levels: np.ndarray, n_values: int) -> list[bytes]:
    """The values row by row and column by column; small ones also in a few bits, large ones also byte by byte."""
    rows = levels.reshape(len(levels), math.prod(levels.shape[1:])).astype(smallest_type(n_values))
    forms = [rows.tobytes()]
    if levels.ndim < 4 or rows.nbytes <= FEW_BYTES:  # for many images it is larger and slow
        forms.append(np.ascontiguousarray(rows.T).tobytes())
    bits = next((bits for most, bits in FEW_BITS if n_values <= most), None)
    if bits is not None:
        forms.append(packed(rows, bits))
    if rows.itemsize > 1:
        forms.append(np.ascontiguousarray(rows.reshape(-1, 1).view(np.uint8).T).tobytes())
    return forms


def packed(rows: np.ndarray, bits: int) -> bytes:
    """Pack values below 2^bits, several in a byte."""
    planes = (rows.reshape(-1, 1) >> np.arange(bits - 1, -1, -1).astype(np.uint8)) & 1
    return np.packbits(planes).tobytes()


def compressors() -> dict[str, Callable[[bytes], int]]:
    """Functions from bytes to their compressed size, by name, the slowest first."""
    found: dict[str, Callable[[bytes], int]] = {"xz": xz}
    if importlib.util.find_spec("zstandard") is not None:
        found["zstd"] = zstd
    return {
        **found,
        "bz2": lambda data: len(bz2.compress(data, 9)),
        "gzip": lambda data: len(gzip.compress(data, 9)),
    }


def xz(data: bytes) -> int:
    """Size by `xz -9e`, whose dictionary is no larger than the data: the same size in less memory."""
    dictionary = 1 << max(12, (len(data) - 1).bit_length() if data else 0)
    filters: list[dict[str, Any]] = [
        {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": min(dictionary, 2**26)}
    ]
    return len(lzma.compress(data, filters=filters))


def zstd(data: bytes) -> int:
    """Size by `zstd --ultra -22`."""
    import zstandard

    return len(zstandard.ZstdCompressor(level=22).compress(data))


class Sample:
    """Collects levels of evenly spread chunks of rows, about 8 MiB at most, while all are coded.

    Args:
        n: Number of rows in all.
        rows_per_chunk: Rows of every chunk but the last.
        data_shape: Shape of a row.
    """

    def __init__(self, n: int, rows_per_chunk: int, data_shape: tuple[int, ...]) -> None:
        n_chunks, row_values = math.ceil(n / rows_per_chunk), math.prod(data_shape)
        fit = max(1, MOST_BYTES // (rows_per_chunk * row_values))
        self.most_rows = max(1, MOST_BYTES // row_values)
        self.n = n
        self.chosen = set(np.linspace(0, n_chunks - 1, min(n_chunks, fit)).astype(int).tolist())
        self.kept: list[np.ndarray] = []

    def take(self, number: int, levels: np.ndarray) -> None:
        """Keep the levels of chunk `number` if it is in the sample."""
        if number in self.chosen:
            self.kept.append(levels[: self.most_rows])

    @property
    def levels(self) -> np.ndarray:
        """The levels that were kept, `(rows, *data_shape)`."""
        return np.concatenate(self.kept)

    @property
    def whole(self) -> bool:
        """Whether the sample has all rows."""
        return sum(map(len, self.kept)) == self.n
