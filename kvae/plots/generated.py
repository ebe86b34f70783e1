"""Generated observations, with the originals that they were drawn around or between."""

import math

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.observations import COLUMNS, is_image, show_image
from kvae.plots.style import PALETTE, figure, whole_numbers

MOST_LINES = 40


def generated(
    x: np.ndarray,
    low: float,
    high: float,
    title: str,
    originals: np.ndarray | None = None,
    names: tuple[str, ...] = (),
) -> Figure:
    """A sheet of images, or vectors as lines over their columns.

    Args:
        x: Generated observations, `(n, *data_shape)`.
        low, high: The values that are white and black.
        title: What they are.
        originals: Observations that stand before them, `(len(names), *data_shape)`.
        names: What those are called.
    """
    if is_image(x.shape[1:]):
        return image_sheet(x, low, high, title, originals, names)
    fig, axes = figure(8, 3.6)
    axis = axes[0, 0]
    shown = x[np.linspace(0, len(x) - 1, min(len(x), MOST_LINES)).astype(int)]
    marker = "o" if x[0].size <= 40 else None
    for number, row in enumerate(shown):
        label = f"generated ({len(x)})" if number == 0 else None
        axis.plot(row.ravel(), color=PALETTE[4], alpha=0.6, linewidth=1, marker=marker, markersize=2, label=label)
    for row, name, color in zip(
        [] if originals is None else originals, names, (PALETTE[6], PALETTE[3]), strict=False
    ):
        axis.plot(row.ravel(), color=color, marker=marker, markersize=4, label=name)
    axis.set(xlabel="column", ylabel="value", title=title)
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    whole_numbers(axis)
    return fig


def image_sheet(
    x: np.ndarray, low: float, high: float, title: str, originals: np.ndarray | None, names: tuple[str, ...]
) -> Figure:
    """Images in rows of ten, the originals in a row of their own above them."""
    columns = min(COLUMNS, max(len(x), len(names)))
    above = 1 if names else 0
    rows = math.ceil(len(x) / columns) + above
    fig, axes = figure(max(0.9 * columns, 4.0), 0.9 * rows + 0.5 + 0.2 * above, rows, columns)
    fig.suptitle(title, fontsize=11)
    for axis in axes.flat:
        axis.set_axis_off()
    places = [0, columns - 1]  # an interpolation ends below the second
    for place, image, name in zip(places, [] if originals is None else originals, names, strict=False):
        axis = axes[0, place]
        show_image(axis, image, low, high)
        axis.set_title(name, fontsize=9)
    for axis, image in zip(axes[above:].flat, x, strict=False):
        show_image(axis, image, low, high)
    return fig
