"""How the columns of a table go together."""

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import figure
from kvae.plots.text import plain
from kvae.runs.captions import Caption, shows

# Of more columns those that go together most with another are shown.
MOST_COLUMNS = 40
WRITTEN = 14
LONGEST_NAME = 18
MAP = "Blues"


@shows(
    association=Caption(
        "How columns go together",
        "0: one column tells nothing of the other; 1: it tells all. Of two numbers the correlation of ranks "
        "without its sign, of two columns of categories Cramer's V, of a number and categories the correlation "
        "ratio.",
        "A grid of columns by columns, darker where they go together",
        place=40,
    )
)
def table_association(found: np.ndarray, names: Sequence[str]) -> Figure | None:
    """A heat map of `found` `(n_columns, n_columns)`; nothing of a single column."""
    if len(names) < 2:
        return None
    others = np.where(np.eye(len(names), dtype=bool) | np.isnan(found), 0.0, found)
    if len(names) > MOST_COLUMNS:
        kept = np.sort(np.argsort(-others.max(0), kind="stable")[:MOST_COLUMNS])
        found, names = found[np.ix_(kept, kept)], [names[k] for k in kept]
    m = len(names)
    side = 2.2 + (0.42 if m <= WRITTEN else 0.24) * m
    fig, axes = figure(side + 0.8, side)
    axis = axes[0, 0]
    np.fill_diagonal(found := found.copy(), np.nan)
    image = axis.imshow(found, vmin=0, vmax=1, cmap=matplotlib.colormaps[MAP].with_extremes(bad="#eeeeee"))
    short = [plain(name, LONGEST_NAME) for name in names]
    size = 8 if m <= WRITTEN else 6
    axis.set_xticks(range(m), short, rotation=90, fontsize=size)
    axis.set_yticks(range(m), short, fontsize=size)
    axis.tick_params(length=0)
    style: Any = {"ha": "center", "va": "center", "fontsize": 7}
    for row, column in np.argwhere(np.isfinite(found)) if m <= WRITTEN else ():
        value = found[row, column]
        text = f"{value:.2f}".removeprefix("0") if value < 0.995 else "1"
        axis.text(column, row, text, color="white" if value > 0.6 else "#333", **style)
    fig.colorbar(image, ax=axis, shrink=0.7)
    return fig
