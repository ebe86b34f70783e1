"""How like pairs of columns go together in a generated table and in a real one."""

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import figure
from kvae.plots.text import plain
from kvae.runs.captions import Caption, shows

MOST_COLUMNS = 40
WRITTEN = 14
LONGEST_NAME = 18
MAP = "RdYlBu"
# Scores below it are as dark as it is.
LOWEST = 0.5


@shows(
    trends=Caption(
        "How like pairs of columns go together",
        "1: two columns go together in generated rows as they do in real ones. Two columns of numbers are "
        "compared by their correlation, others by the joint shares of categories and of numbers in ten bins; on "
        "the diagonal, in brackets, how like the values of the column itself are. Real rows that were not learnt "
        "score below 1 as well, where they are few.",
        "A grid of columns by columns, red where generated rows differ from real ones",
        place=50,
    )
)
def trends(found: np.ndarray, shapes: np.ndarray, names: Sequence[str]) -> Figure:
    """A heat map of pair trends `found` `(n_columns, n_columns)`, in its diagonal column `shapes` `(n_columns,)`.

    Of more than 40 columns those with the lowest mean are shown.
    """
    found = found.copy()
    if len(names) > MOST_COLUMNS:
        there = ~np.isnan(found)
        means = np.where(there, found, 0.0).sum(axis=0) / np.maximum(1, there.sum(axis=0))
        kept = np.sort(np.argsort(means, kind="stable")[:MOST_COLUMNS])
        found, shapes, names = found[np.ix_(kept, kept)], shapes[kept], [names[k] for k in kept]
    np.fill_diagonal(found, shapes)
    m = len(names)
    side = 2.6 + (0.42 if m <= WRITTEN else 0.24) * m
    fig, axes = figure(side + 0.8, side)
    axis = axes[0, 0]
    image = axis.imshow(
        found,
        vmin=LOWEST,
        vmax=1,
        cmap=matplotlib.colormaps[MAP].with_extremes(bad="#eeeeee"),
        interpolation="none",
    )
    short, size = [plain(name, LONGEST_NAME) for name in names], 8 if m <= WRITTEN else 6
    axis.set_xticks(range(m), short, rotation=90, fontsize=size)
    axis.set_yticks(range(m), short, fontsize=size)
    axis.tick_params(length=0)
    style: Any = {"ha": "center", "va": "center", "fontsize": 7}
    for row, column in np.argwhere(np.isfinite(found)) if m <= WRITTEN else ():
        value = found[row, column]
        text = f"{value:.2f}".removeprefix("0") if value < 0.995 else "1"
        color = "#333" if 0.62 < value < 0.93 else "white"
        axis.text(column, row, f"({text})" if row == column else text, color=color, **style)
    fig.colorbar(image, ax=axis, shrink=0.7, extend="min")
    return fig
