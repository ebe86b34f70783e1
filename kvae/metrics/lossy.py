"""The size and the distortion of a lossy archive."""

import numpy as np

from kvae.metrics.meaning import Meaning, measures


@measures(
    bits=Meaning(
        "Bits per latent dimension", "At most: 2^bits cells span the bulk of the codes in one dimension.", "bits"
    ),
    bits_per_observation_gross=Meaning(
        "Bits per observation, gross",
        "All bytes of the archive, with the header.",
        "bits",
        "lower",
        rank=3,
    ),
    bits_per_observation_net=Meaning(
        "Bits per observation, net",
        "The bits of the cells of the codes alone, without header, widths of cells and checksums.",
        "bits",
        "lower",
        rank=2,
    ),
)
def lossy_sizes(n: int, bits: int, n_bytes: int, raw_bytes: int, net_bits: float) -> dict[str, float]:
    """Sizes of a lossy archive; `bytes`, `raw_bytes` and `ratio` are as in `kvae.metrics.compression`.

    Args:
        n: The number of observations, at least 1.
        bits: Bits per latent dimension, `mode.bits`.
        n_bytes: The size of the file.
        raw_bytes: The size of the observations in the data's own type.
        net_bits: The size of their cells within the file.
    """
    return {
        "bits": bits,
        "bits_per_observation_net": net_bits / n,
        "bits_per_observation_gross": 8.0 * n_bytes / n,
        "bytes": n_bytes,
        "raw_bytes": raw_bytes,
        "ratio": raw_bytes / n_bytes,
    }


class Distortion:
    """The errors of restored observations, over pieces of them.

    Args:
        peak: Width of the range of the data, in its own units: one number, or one per column.
    """

    def __init__(self, peak: float | np.ndarray) -> None:
        self.peak = np.where(np.asarray(peak, np.float64) > 0, peak, 1.0)
        self.n = 0
        self.sums = {"mse": 0.0, "psnr": 0.0}

    def add(self, x: np.ndarray, x_hat: np.ndarray) -> None:
        """Take observations and restored ones, `(n, *data_shape)` in the data's units, into account."""
        axes = tuple(range(1, x.ndim))
        error = np.asarray(x, np.float64) - np.asarray(x_hat, np.float64)
        share = np.mean((error / self.peak) ** 2, axis=axes)
        self.sums["mse"] += float(np.mean(error**2, axis=axes).sum())
        self.sums["psnr"] += float(-10.0 * np.log10(np.maximum(share, 1e-10)).sum())
        self.n += len(x)

    @property
    def means(self) -> dict[str, float]:
        """Means over the observations so far: `mse` in the data's units squared, and `psnr` in decibels.

        The peak of PSNR is the width of the data's range, in a table that of each column; an observation without
        any error counts as 100 dB. Both as in `kvae.metrics.reconstructions`.
        """
        return {name: value / self.n for name, value in self.sums.items()}
