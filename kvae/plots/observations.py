"""Pictures of observations: images as images, vectors by their columns."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.plots import vectors
from kvae.plots.style import figure, grey_map
from kvae.runs.captions import Caption, shows

COLUMNS = 10


def is_image(shape: tuple[int, ...]) -> bool:
    """Whether observations of this shape can be shown as pictures."""
    return len(shape) == 3 and shape[2] in (1, 3)


def ends_of_scale(channels: int, low: float, high: float) -> tuple[float, float]:
    """The values at the dark and the light end of the scale, for images with values from `low` to `high`.

    Grey images use the whole scale. Colour images with values near [0, 1] or [0, 255], with some tolerance for a
    decoder's errors, keep that scale, for otherwise their colours would change.
    """
    if channels != 3:
        return low, high
    for top, least in ((1.0, 0.0), (255.0, 100.0)):
        if low >= -0.25 * top and least <= high <= 1.25 * top:
            return 0.0, top
    return low, high


def show_image(axis: Any, image: np.ndarray, low: float, high: float) -> None:
    """Draw one image `(height, width, channels)` on an axis without ticks."""
    low, high = ends_of_scale(image.shape[-1], low, high)
    shown = np.clip((image - low) / (high - low or 1.0), 0, 1)
    axis.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap=grey_map(), vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def gap_between(shape: Sequence[int]) -> int:
    """The gap between images `(height, width)` of a sheet, in their own pixels."""
    return max(1, round(0.08 * max(shape)))


def middles(size: int, shape: Sequence[int], n: int) -> np.ndarray:
    """The centres of `n` images of a sheet along an axis on which each is `size` pixels long."""
    return (size - 1) / 2 + np.arange(n) * (size + gap_between(shape))


def show_sheet(axis: Any, images: np.ndarray, across: int, low: float, high: float) -> None:
    """Draw images `(n, height, width, channels)` in rows of `across` on one axis, for an axis each is slow."""
    n, height, width, channels = images.shape
    low, high = ends_of_scale(channels, low, high)
    down, gap = math.ceil(n / across), gap_between((height, width))
    sheet = np.full((down * across, height + gap, width + gap, channels), np.nan, np.float32)
    sheet[:n, :height, :width] = np.clip((images - low) / (high - low or 1.0), 0, 1)
    sheet = sheet.reshape(down, across, height + gap, width + gap, channels).swapaxes(1, 2)
    sheet = sheet.reshape(down * (height + gap), across * (width + gap), channels)[:-gap, :-gap]
    shown = sheet[..., 0] if channels == 1 else np.nan_to_num(sheet, nan=1.0)  # NaN has no colour: gaps are white
    axis.imshow(shown, cmap=grey_map(), vmin=0, vmax=1, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)


def image_pairs(x: np.ndarray, x_hat: np.ndarray) -> tuple[Figure, Any]:
    """Images above their reconstructions, both `(n, height, width, channels)`, ten at most, and their axis."""
    n = min(COLUMNS, len(x))
    fig, axes = figure(0.9 * n + 1.3, 2.2)
    show_sheet(axes[0, 0], np.concatenate([x[:n], x_hat[:n]]), n, float(x.min()), float(x.max()))
    axes[0, 0].set_yticks(middles(x.shape[1], x.shape[1:3], 2), ["original", "reconstruction"])
    return fig, axes[0, 0]


@shows(
    reconstructions=Caption(
        "Originals and reconstructions",
        "Evenly spaced observations and their reconstructions from the posterior means, in the data's own units.",
        "Observations beside their reconstructions",
        place=30,
    )
)
def reconstructions(
    x: np.ndarray, x_hat: np.ndarray, rows: Sequence[int | str], columns: Sequence[str] | None = None
) -> Figure:
    """Originals and their reconstructions, ten at most.

    Args:
        x, x_hat: Both `(n, *data_shape)`.
        rows: The numbers or ids of the rows in the data.
        columns: Names of a table's columns.
    """
    n = min(COLUMNS, len(x))
    if is_image(x.shape[1:]):
        return image_pairs(x, x_hat)[0]
    return vectors.reconstructions(vectors.vectors(x[:n]), vectors.vectors(x_hat[:n]), rows, columns)


@shows(
    samples=Caption(
        "Samples from the prior",
        "Observations that the model generates: decoded draws from the prior. With messages, the prior mean is "
        "that of a learning row.",
        "Generated observations",
        place=40,
    )
)
def samples(
    x: np.ndarray,
    low: float,
    high: float,
    originals: np.ndarray | None = None,
    columns: Sequence[str] | None = None,
) -> Figure:
    """Generated observations: a sheet of images, or vectors by their columns.

    Args:
        x: The observations, `(n, *data_shape)`.
        low, high: The values at the ends of the grey scale.
        originals: Rows of the data, which are shown beside generated vectors.
        columns: Names of a table's columns.
    """
    if is_image(x.shape[1:]):
        rows = math.ceil(len(x) / COLUMNS)
        fig, axes = figure(0.7 * COLUMNS, 0.7 * rows)
        show_sheet(axes[0, 0], x, COLUMNS, low, high)
        return fig
    return vectors.samples(vectors.vectors(x), None if originals is None else vectors.vectors(originals), columns)


@shows(
    components=Caption(
        "Components of the mixture",
        "The decoded mean of each component, and how many rows belong to it.",
        "Decoded means of the components",
        place=80,
    )
)
def components(decoded: np.ndarray, sizes: np.ndarray, columns: Sequence[str] | None = None) -> Figure:
    """The decoded means of a mixture's components `(K, *data_shape)`, titled by how many rows each has."""
    titles = [f"{k}: {size:,} rows" for k, size in enumerate(sizes)]
    if is_image(decoded.shape[1:]):
        across = min(5, len(decoded))
        down = math.ceil(len(decoded) / across)
        fig, axes = figure(1.5 * across, 1.7 * down, down, across)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, image, title in zip(axes.flat, decoded, titles, strict=False):
            show_image(axis, image, float(decoded.min()), float(decoded.max()))
            axis.set_title(title, fontsize=9)
        return fig
    return vectors.components(vectors.vectors(decoded), titles, columns)
