"""Generated observations, with the originals around or between which they were drawn."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots import vectors
from kvae.plots.observations import COLUMNS, is_image, show_image
from kvae.plots.style import figure
from kvae.runs.captions import Caption, shows


@shows(
    generated=Caption(
        "Generated observations",
        "Means of p(x|z) at the drawn codes; the originals of the draws, if any, come first.",
        "Generated observations",
        place=50,
    )
)
def generated(
    x: np.ndarray,
    low: float,
    high: float,
    title: str,
    originals: np.ndarray | None = None,
    names: Sequence[str] = (),
    ordered: bool = False,
    columns: Sequence[str] | None = None,
) -> Figure:
    """A sheet of images, or vectors by their columns.

    Args:
        x: Generated observations, `(n, *data_shape)`.
        low, high: The values at the ends of the grey scale.
        title: The title of the picture.
        originals: Observations that precede them, `(len(names), *data_shape)`.
        names: The names of the originals.
        ordered: Whether `x` leads from the first original to the second.
        columns: Names of a table's columns.
    """
    if originals is None:
        originals = x[:0]
    if is_image(x.shape[1:]):
        return image_sheet(x, low, high, title, originals, names)
    return vectors.generated(vectors.vectors(x), title, vectors.vectors(originals), names, ordered, columns)


def image_sheet(
    x: np.ndarray, low: float, high: float, title: str, originals: np.ndarray, names: Sequence[str]
) -> Figure:
    """Images in rows of ten, the originals in a row of their own above them."""
    columns = min(COLUMNS, max(len(x), len(names)))
    above = 1 if names else 0
    rows = math.ceil(len(x) / columns) + above
    fig, axes = figure(max(0.9 * columns, 4.0), 0.9 * rows + 0.5 + 0.2 * above, rows, columns)
    fig.suptitle(title, fontsize=11)
    for axis in axes.flat:
        axis.set_axis_off()
    places = [0, columns - 1]  # an interpolation ends below the second original
    for place, image, name in zip(places, originals, names, strict=False):
        axis = axes[0, place]
        show_image(axis, image, low, high)
        axis.set_title(name, fontsize=9)
    for axis, image in zip(axes[above:].flat, x, strict=False):
        show_image(axis, image, low, high)
    return fig
