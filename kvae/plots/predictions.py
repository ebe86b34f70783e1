"""What rows are predicted to have of a kind of data that they lack."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots import vectors
from kvae.plots.observations import COLUMNS, is_image, show_image
from kvae.plots.style import PALETTE, figure
from kvae.runs.captions import Caption, shows


@shows(
    predictions=Caption(
        "What is missing, as it is predicted",
        "Evenly spread rows that lack this kind of data: what the means of the messages from the modules above, "
        "which know the others, decode to, in the data's own units; above it the row itself, where that is known.",
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
    """Predicted rows, ten at most, and what they are.

    Args:
        x_hat: Predictions, `(n, *data_shape)`.
        rows: Their numbers or ids in the data.
        x: The rows as they are, of the same shape; None where nobody knows.
        columns: Names of the values.
    """
    n = min(COLUMNS, len(x_hat))
    if not is_image(x_hat.shape[1:]):
        series = [vectors.Series("predicted", vectors.vectors(x_hat[:n]), PALETTE[3], "x")]
        if x is None:
            return vectors.lines(series, [str(row) for row in rows][:n], columns)
        series.insert(0, vectors.Series("as it is", vectors.vectors(x[:n]), PALETTE[6]))
        return vectors.shown(series, [str(row) for row in rows][:n], columns)
    real = x_hat if x is None else x
    pictures = [("predicted", x_hat)] if x is None else [("as it is", x), ("predicted", x_hat)]
    fig, axes = figure(0.9 * n + 1.3, 1.1 * len(pictures), len(pictures), n)
    for axes_row, (label, images) in zip(axes, pictures, strict=True):
        for axis, image in zip(axes_row, images, strict=False):
            show_image(axis, image, float(real.min()), float(real.max()))
        axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
    return fig
