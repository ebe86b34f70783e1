"""Observations as pictures: images as they are, vectors as lines over their columns."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import PALETTE, figure, whole_numbers

COLUMNS = 10


def is_image(shape: tuple[int, ...]) -> bool:
    """Whether observations of this shape can be shown as pictures."""
    return len(shape) == 3 and shape[2] in (1, 3)


def show_image(axis: Any, image: np.ndarray, low: float, high: float) -> None:
    """Draw one image `(height, width, channels)` on an axis without ticks."""
    shown = np.clip((image - low) / (high - low or 1.0), 0, 1)
    axis.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap="gray_r", vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def reconstructions(x: np.ndarray, x_hat: np.ndarray, rows: Sequence[int]) -> Figure:
    """Originals over their reconstructions: images, or the columns of vectors as lines, titled by `rows`."""
    n = min(COLUMNS, len(x))
    if is_image(x.shape[1:]):
        fig, axes = figure(0.9 * n + 1.3, 2.2, 2, n)
        for axes_row, images, label in ((axes[0], x, "original"), (axes[1], x_hat, "reconstruction")):
            for axis, image in zip(axes_row, images, strict=False):
                show_image(axis, image, float(x.min()), float(x.max()))
            axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
        return fig
    n = min(6, len(x))
    columns = np.arange(x[0].size)
    fig, axes = figure(9, 1.7 * math.ceil(n / 2) + 0.4, math.ceil(n / 2), min(2, n))
    marker = "o" if columns.size <= 40 else None
    for i, axis in enumerate(axes.flat):
        if i >= n:
            axis.set_axis_off()
            continue
        axis.plot(columns, x[i].ravel(), color=PALETTE[6], label="original", marker=marker, markersize=3)
        axis.plot(columns, x_hat[i].ravel(), color=PALETTE[3], label="reconstruction", marker=marker, markersize=3)
        axis.set(xlabel="column", ylabel="value", title=f"row {rows[i]}")
        whole_numbers(axis)
    axes[0, 0].legend(frameon=False, fontsize=8)
    return fig


def samples(x: np.ndarray, low: float, high: float) -> Figure:
    """Generated observations: a sheet of images, or vectors as lines; `low` and `high` bound the grey scale."""
    if is_image(x.shape[1:]):
        rows = math.ceil(len(x) / COLUMNS)
        fig, axes = figure(0.9 * COLUMNS, 0.9 * rows, rows, COLUMNS)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, image in zip(axes.flat, x, strict=False):
            show_image(axis, image, low, high)
        return fig
    fig, axes = figure(7, 3.5)
    for row, color in zip(x[: len(PALETTE)], PALETTE, strict=False):
        axes[0, 0].plot(row.ravel(), color=color, marker="o" if row.size <= 40 else None, markersize=3)
    axes[0, 0].set(xlabel="column", ylabel="value", title="samples from the prior")
    whole_numbers(axes[0, 0])
    return fig


def components(decoded: np.ndarray, sizes: np.ndarray) -> Figure:
    """The decoded means of a mixture's components `(K, *data_shape)`, titled by how many rows each has."""
    titles = [f"{k}: {size:,} rows" for k, size in enumerate(sizes)]
    if is_image(decoded.shape[1:]):
        columns = min(5, len(decoded))
        rows = math.ceil(len(decoded) / columns)
        fig, axes = figure(1.5 * columns, 1.7 * rows, rows, columns)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, image, title in zip(axes.flat, decoded, titles, strict=False):
            show_image(axis, image, float(decoded.min()), float(decoded.max()))
            axis.set_title(title, fontsize=9)
        return fig
    fig, axes = figure(7, 3.5)
    for number, (row, title) in enumerate(zip(decoded, titles, strict=True)):
        color = PALETTE[number % len(PALETTE)]
        axes[0, 0].plot(
            row.ravel(), color=color, label=title, marker="o" if row.size <= 40 else None, markersize=3
        )
    axes[0, 0].set(xlabel="column", ylabel="value", title="decoded means of the components")
    axes[0, 0].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    whole_numbers(axes[0, 0])
    return fig
