"""Predictions of a kind of data that some rows lack."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots import vectors
from kvae.plots.observations import COLUMNS, is_image, show_image
from kvae.plots.style import PALETTE, figure
from kvae.runs.captions import Caption, shows


@shows(
    predictions=Caption(
        "Predictions of missing data",
        "Evenly spaced rows that lack this kind of data: the decoded means of the messages from the modules "
        "above, which observe other kinds, in the data's own units. Above them the true rows, if these are known.",
        "Predicted observations, beside the real ones where these are known",
        place=32,
    )
)
def predictions(
    x_hat: np.ndarray,
    rows: Sequence[int | str],
    x: np.ndarray | None = None,
    columns: Sequence[str] | None = None,
) -> Figure:
    """Predicted rows, ten at most, and the true ones if they are known.

    Args:
        x_hat: Predictions, `(n, *data_shape)`.
        rows: The numbers or ids of the rows in the data.
        x: The true rows, of the same shape; None if they are not known.
        columns: Names of the values.
    """
    n = min(COLUMNS, len(x_hat))
    if not is_image(x_hat.shape[1:]):
        series = [vectors.Series("predicted", vectors.vectors(x_hat[:n]), PALETTE[3], "x")]
        if x is None:
            return vectors.lines(series, [str(row) for row in rows][:n], columns)
        series.insert(0, vectors.Series("true", vectors.vectors(x[:n]), PALETTE[6]))
        return vectors.shown(series, [str(row) for row in rows][:n], columns)
    real = x_hat if x is None else x
    pictures = [("predicted", x_hat)] if x is None else [("true", x), ("predicted", x_hat)]
    fig, axes = figure(0.9 * n + 1.3, 1.1 * len(pictures), len(pictures), n)
    for axes_row, (label, images) in zip(axes, pictures, strict=True):
        for axis, image in zip(axes_row, images, strict=False):
            show_image(axis, image, float(real.min()), float(real.max()))
        axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
    return fig
