"""Messages in an archive: the prior of every row, rounded, so that encoder and decoder use the same numbers."""

import lzma
from dataclasses import dataclass

import numpy as np

from kvae.exact.functions import log
from kvae.modules.message import Gaussian
from kvae.uses.compression.gaussians import LOG_2, PER_OCTAVE, ROOTS

# A mean is rounded to 1 / PER_SD of its standard deviation, which costs at most 0.003 nats per dimension.
PER_SD = 4
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 2**22}]
# Flags of the first byte: there are variances; numbers have 32 bits; they are stored column by column.
VARIANCES, WIDE, COLUMNS = 1, 2, 4
# Largest magnitude of standard deviations in 16ths of an octave: they are from 2^-30 to 2^30.
FARTHEST = 30 * PER_OCTAVE


@dataclass(frozen=True)
class Rounded:
    """Messages as whole numbers.

    Attributes:
        mean: In quarters of the standard deviation, int64 `(n, d)`.
        sd: Logarithms of the standard deviations in 16ths of an octave, int64 `(n, d)`; None: all are 1.
    """

    mean: np.ndarray
    sd: np.ndarray | None

    def in_steps(self, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means in steps of 2^-precision, and standard deviations in 16ths of an octave above a step."""
        index = np.zeros_like(self.mean) if self.sd is None else self.sd
        index = index + PER_OCTAVE * precision
        quarter = np.ldexp(np.array(ROOTS)[index % PER_OCTAVE], index // PER_OCTAVE - 2)
        return self.mean * quarter, index


def rounded(messages: Gaussian) -> Rounded:
    """Round messages for storage; of covariances only the variances are kept.

    Raises:
        ValueError: For numbers that are not finite, or variances that are not positive.
    """
    mean = np.asarray(messages.mean, np.float64)
    cov = None if messages.cov is None else np.asarray(messages.cov, np.float64)
    variance = np.ones_like(mean) if cov is None else cov
    if variance.ndim == 3:
        variance = np.diagonal(variance, axis1=1, axis2=2)
    if mean.ndim != 2 or variance.shape != mean.shape:
        raise ValueError(
            "messages must be means (n, d), with variances (n, d) or covariances (n, d, d). Received: means "
            f"{mean.shape}{'' if cov is None else f', covariances {cov.shape}'}"
        )
    if not np.isfinite(mean).all() or not np.isfinite(variance).all() or not (variance > 0).all():
        raise ValueError("messages must hold finite means and variances > 0. Received: others")
    sd = np.rint(log(variance) * (0.5 * PER_OCTAVE / LOG_2)).clip(-FARTHEST, FARTHEST).astype(np.int64)
    quarter = np.ldexp(np.array(ROOTS)[sd % PER_OCTAVE], sd // PER_OCTAVE) / PER_SD
    places = np.rint(mean / quarter).clip(-(2**31) + 1, 2**31 - 1).astype(np.int64)
    return Rounded(places, None if cov is None else sd)


def pack(messages: Rounded) -> bytes:
    """Messages as bytes, by row or by column, whichever compresses better."""
    parts = [messages.mean] if messages.sd is None else [messages.mean, messages.sd]
    numbers = np.stack(parts)
    wide = bool(np.abs(numbers).max(initial=0) >= 2**15)
    flags = (VARIANCES if messages.sd is not None else 0) | (WIDE if wide else 0)
    numbers = numbers.astype("<i4" if wide else "<i2")
    packed = [
        bytes([flags | order]) + lzma.compress(array.tobytes(), lzma.FORMAT_RAW, filters=FILTERS)
        for order, array in ((0, numbers), (COLUMNS, np.ascontiguousarray(numbers.transpose(0, 2, 1))))
    ]
    return min(packed, key=len)


def unpack(packed: bytes, n: int, latent_dim: int) -> Rounded:
    """The inverse of `pack`, for `n` messages.

    Raises:
        ValueError: For bytes that are not such messages.
    """
    flags = packed[0] if packed else -1
    if not 0 <= flags < 8:
        raise ValueError("the messages of a chunk are damaged: their first byte has unknown flags")
    parts, dtype = 1 + bool(flags & VARIANCES), np.dtype("<i4" if flags & WIDE else "<i2")
    size = parts * n * latent_dim * dtype.itemsize
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=FILTERS)
    try:
        content = decompressor.decompress(packed[1:], size + 1)
    except lzma.LZMAError as error:
        raise ValueError(f"the messages of a chunk are damaged: {error}") from error
    if len(content) != size or not decompressor.eof or decompressor.unused_data:
        raise ValueError(f"the messages of a chunk are damaged: {len(content)} bytes for {size}")
    shape = (parts, latent_dim, n) if flags & COLUMNS else (parts, n, latent_dim)
    numbers = np.frombuffer(content, dtype).reshape(shape).astype(np.int64)
    numbers = numbers.transpose(0, 2, 1) if flags & COLUMNS else numbers
    if parts == 2 and np.abs(numbers[1]).max(initial=0) > FARTHEST:
        raise ValueError("the messages of a chunk are damaged: a standard deviation is out of range")
    return Rounded(numbers[0], numbers[1] if parts == 2 else None)
