"""Observations as pictures: images as they are, vectors by their columns."""

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


def show_image(axis: Any, image: np.ndarray, low: float, high: float) -> None:
    """Draw one image `(height, width, channels)` on an axis without ticks."""
    shown = np.clip((image - low) / (high - low or 1.0), 0, 1)
    axis.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap=grey_map(), vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


@shows(
    reconstructions=Caption(
        "Originals and reconstructions",
        "Evenly spread observations and what the decoder makes of their latent codes (posterior means), in the "
        "data's own units.",
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
        rows: Their numbers or ids in the data.
        columns: Names of a table's columns.
    """
    n = min(COLUMNS, len(x))
    if is_image(x.shape[1:]):
        fig, axes = figure(0.9 * n + 1.3, 2.2, 2, n)
        for axes_row, images, label in ((axes[0], x, "original"), (axes[1], x_hat, "reconstruction")):
            for axis, image in zip(axes_row, images, strict=False):
                show_image(axis, image, float(x.min()), float(x.max()))
            axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
        return fig
    return vectors.reconstructions(vectors.vectors(x[:n]), vectors.vectors(x_hat[:n]), rows, columns)


@shows(
    samples=Caption(
        "Samples from the prior",
        "Observations that the model makes up: decoded draws from the prior, whose mean is the message of a "
        "learning row where messages are sent.",
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
        low, high: The grey scale's ends.
        originals: Rows of the data, which vectors are shown beside.
        columns: Names of a table's columns.
    """
    if is_image(x.shape[1:]):
        rows = math.ceil(len(x) / COLUMNS)
        fig, axes = figure(0.7 * COLUMNS, 0.7 * rows, rows, COLUMNS)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, image in zip(axes.flat, x, strict=False):
            show_image(axis, image, low, high)
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
