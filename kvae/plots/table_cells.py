"""Single cells of a table that are surprising, given the other cells of their row."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import figure
from kvae.plots.text import plain
from kvae.runs.captions import Caption, shows

MOST_ROWS, MOST_COLUMNS = 15, 12
LONGEST_NAME, LONGEST_VALUE = 18, 11
MAP = "OrRd"
# Surprise in nats at which a cell is darkest: one in 22,000 rows has such a cell.
DARKEST = 10.0


@shows(
    cells=Caption(
        "Cells that make rows anomalous",
        "The rows with the highest scores, their values, and how surprising each is given the row's other cells: "
        "−log of the share of learning rows that have so unlikely a value in that column. 3 is one row in 20, "
        "7 one in 1,100; the darkest cell is the most likely error.",
        "A grid of rows by columns with the values in it, darker where they are surprising",
        place=125,
    )
)
def cells(
    surprise: np.ndarray, values: Sequence[Sequence[str]], names: Sequence[int | str], columns: Sequence[str]
) -> Figure:
    """A grid of cells, darker by their `surprise` `(n, n_columns)` in nats, NaN where there is none.

    Args:
        surprise: The surprise of each cell; rows with the highest scores come first, and 15 are shown.
        values: The cells as text, by row.
        names: The names of the rows.
        columns: The names of the columns; of more than 12, those with the most surprising cells are shown.
    """
    surprise = surprise[:MOST_ROWS]
    most = np.nan_to_num(surprise, nan=0.0).max(axis=0)
    chosen = np.sort(np.argsort(-most, kind="stable")[:MOST_COLUMNS])
    fig, axes = figure(2.2 + 0.95 * len(chosen), 1.6 + 0.32 * len(surprise))
    axis, shown = axes[0, 0], surprise[:, chosen]
    colors = matplotlib.colormaps[MAP].with_extremes(bad="#eeeeee")
    image = axis.imshow(shown, vmin=0, vmax=DARKEST, cmap=colors, aspect="auto")
    axis.set_xticks(range(len(chosen)), [plain(columns[k], LONGEST_NAME) for k in chosen], rotation=45, ha="right")
    axis.set_yticks(range(len(shown)), [plain(str(name), LONGEST_NAME) for name in names[: len(shown)]])
    axis.set_ylabel("row", fontsize=8)
    axis.tick_params(labelsize=8, length=0)
    for row in range(len(shown)):
        for place, column in enumerate(chosen):
            color = "white" if shown[row, place] > 0.6 * DARKEST else "#333"
            text = plain(values[row][column], LONGEST_VALUE)
            axis.text(place, row, text, ha="center", va="center", fontsize=7, color=color)
    fig.colorbar(image, ax=axis, extend="max", label="surprise (nats)")
    return fig
