"""One modality, beside its prediction from the others."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots import vectors
from kvae.plots.columns import Series
from kvae.plots.observations import COLUMNS, is_image, show_image
from kvae.plots.style import PALETTE, figure
from kvae.runs.captions import Caption, shows


@shows(
    told=Caption(
        "A modality predicted from the others",
        "Evenly spaced rows of one modality, and their predictions: its decoder applied to the code that the "
        "other modalities infer for the same row.",
        "Observations beside what is predicted from the other modalities",
        place=35,
    )
)
def told(x: np.ndarray, predicted: np.ndarray, rows: Sequence[int | str]) -> Figure:
    """Observations and their predictions from other modalities, ten at most.

    Args:
        x, predicted: Both `(n, *data_shape)`.
        rows: The numbers of the rows in the data.
    """
    n = min(COLUMNS, len(x))
    if not is_image(x.shape[1:]):
        series = [
            Series("observed", vectors.vectors(x[:n]), PALETTE[6]),
            Series("predicted from the others", vectors.vectors(predicted[:n]), PALETTE[3], "x"),
        ]
        return vectors.shown(series, [str(row) for row in rows][:n])
    fig, axes = figure(0.9 * n + 1.6, 2.2, 2, n)
    for axes_row, images, label in ((axes[0], x, "observed"), (axes[1], predicted, "predicted from\nthe others")):
        for axis, image in zip(axes_row, images, strict=False):
            show_image(axis, image, float(x.min()), float(x.max()))
        axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
    return fig
