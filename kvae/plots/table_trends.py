"""The similarity of pairs of columns in a generated table and in a real one."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.column_grid import MOST_COLUMNS, column_grid
from kvae.runs.captions import Caption, shows

# Lower scores have the colour of this one.
LOWEST = 0.5


@shows(
    trends=Caption(
        "Similarity of pairs of columns",
        "1: two columns are related in generated rows as they are in real ones. Pairs of numeric columns are "
        "compared by their correlation, other pairs by the joint shares of categories and of numbers in ten "
        "bins. The diagonal, in brackets, compares the values of each column itself. A small sample of real rows "
        "that were not learnt also scores below 1.",
        "A grid of columns by columns, red where generated rows differ from real ones",
        place=50,
    )
)
def trends(found: np.ndarray, shapes: np.ndarray, names: Sequence[str]) -> Figure:
    """A heat map of pair trends `found` `(n_columns, n_columns)`, with `shapes` `(n_columns,)` on the diagonal.

    Of more than 40 columns, those with the lowest mean are shown.
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
