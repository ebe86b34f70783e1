"""Rate and distortion: size and error of the same rows for every number of bits per latent dimension."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kvae.metrics.lossy import Distortion
from kvae.modules.message import Gaussian
from kvae.uses.compression.lossy import LossyModel, decode_codes, encode_codes, prior_precision

BITS = (1, 2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True)
class Point:
    """Rate and distortion for one number of bits.

    Attributes:
        bits: Bits per latent dimension; None: codes are not rounded.
        rate: Bits per observation for cells and their description, without the header of the archive.
        mse: Mean squared error in the data's units.
        psnr: In decibels.
    """

    bits: int | None
    rate: float
    mse: float
    psnr: float


def rate_distortion(
    model: LossyModel,
    x: np.ndarray,
    original: np.ndarray,
    restore: Callable[[np.ndarray], np.ndarray],
    peak: float | np.ndarray,
    bits: Sequence[int] = BITS,
    messages: Gaussian | None = None,
) -> list[Point]:
    """A point for every number of bits, then the limit: posterior means that are not rounded.

    Draws nothing. The rows are encoded once, and decoded once for every point.

    Args:
        model: The model that codes.
        x: Some rows in the model's units, `(n, *data_shape)`.
        original: The same rows in the data's units.
        restore: Converts means in the model's units to the data's own units and type.
        peak: Width of the data's range, as `Distortion` takes it.
        bits: Numbers of bits to try.
        messages: The priors of the rows.
    """
    codes, precision = model.encode(x)
    prior, points = prior_precision(messages), []
    for tried in sorted(set(bits)):
        chunk, _ = encode_codes(codes, precision, tried, prior)
        back = decode_codes(chunk, len(x), model.latent_dim)
        points.append(Point(tried, 8.0 * len(chunk) / len(x), **distortion(model, back, original, restore, peak)))
    return [*points, Point(None, np.inf, **distortion(model, codes, original, restore, peak))]


def distortion(
    model: LossyModel,
    codes: np.ndarray,
    original: np.ndarray,
    restore: Callable[[np.ndarray], np.ndarray],
    peak: float | np.ndarray,
) -> dict[str, float]:
    """Errors of the observations restored from codes."""
    found = Distortion(peak)
    found.add(original, restore(model.decode(codes)))
    return found.means
