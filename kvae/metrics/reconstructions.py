"""How similar observations and their reconstructions are."""

import numpy as np
from scipy.ndimage import correlate1d

from kvae.metrics.meaning import Meaning, measures

WINDOW = 11
SIGMA = 1.5


@measures(
    mse=Meaning(
        "Mean squared error",
        "Mean squared error of reconstructions per dimension, in the data's own units squared.",
        better="lower",
        mean=True,
    )
)
def mse(x: np.ndarray, x_hat: np.ndarray) -> np.ndarray:
    """Mean squared error per dimension of observations `(n, *data_shape)`, `(n,)`, in their units squared."""
    return np.mean((x.astype(np.float64) - x_hat) ** 2, axis=tuple(range(1, x.ndim)))


@measures(
    psnr=Meaning("PSNR", "Peak signal-to-noise ratio of reconstructed images.", "dB", "higher", mean=True),
)
def psnr(x: np.ndarray, x_hat: np.ndarray, data_range: float) -> np.ndarray:
    """Peak signal-to-noise ratio of images `(n, height, width, channels)` in decibels, `(n,)`.

    `data_range` is the width of the range that the values may take; a copy without any error counts as 100 dB.
    """
    mse = np.mean((np.asarray(x, np.float64) - x_hat) ** 2, axis=(1, 2, 3))
    return 10.0 * np.log10(data_range**2 / np.maximum(mse, 1e-10 * data_range**2))


@measures(
    ssim=Meaning(
        "SSIM",
        "Structural similarity of images and their reconstructions: 1 for the same.",
        better="higher",
        mean=True,
    )
)
def ssim(x: np.ndarray, x_hat: np.ndarray, data_range: float) -> np.ndarray:
    """Structural similarity of images `(n, height, width, channels)`, `(n,)`, from -1 to 1.

    Wang et al. (2004), equation 13, averaged over channels and over all places where the window lies within the
    image: a Gaussian of 1.5 pixels, cut off at 11 x 11, or for smaller images at the largest odd width that fits.
    """
    x, x_hat = np.asarray(x, np.float64), np.asarray(x_hat, np.float64)
    width = min(WINDOW, *(side - 1 + side % 2 for side in x.shape[1:3]))
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    mean, mean_hat = blurred(x, width), blurred(x_hat, width)
    variances = blurred(x**2 + x_hat**2, width) - mean**2 - mean_hat**2
    covariance = blurred(x * x_hat, width) - mean * mean_hat
    luminance = (2 * mean * mean_hat + c1) / (mean**2 + mean_hat**2 + c1)
    return np.mean(luminance * (2 * covariance + c2) / (variances + c2), axis=(1, 2, 3))


def blurred(x: np.ndarray, width: int) -> np.ndarray:
    """Weighted means of images over every window of an odd width that lies within them."""
    offsets = np.arange(width) - width // 2
    weights = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    for axis in (1, 2):
        x = correlate1d(x, weights / weights.sum(), axis=axis)
    inner = slice(width // 2, -(width // 2) or None)
    return x[:, inner, inner]
