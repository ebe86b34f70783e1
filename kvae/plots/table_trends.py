"""How like pairs of columns go together in a generated table and in a real one."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.column_grid import MOST_COLUMNS, column_grid
from kvae.runs.captions import Caption, shows

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
    return column_grid(
        found, names, "RdYlBu", (LOWEST, 1.0), lambda value: "#333" if 0.62 < value < 0.93 else "white", True
    )
