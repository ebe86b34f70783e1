"""The association between the columns of a table."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.column_grid import MOST_COLUMNS, column_grid
from kvae.runs.captions import Caption, shows


@shows(
    association=Caption(
        "Association of columns",
        "0: one column tells nothing about the other; 1: it determines the other. For two numeric columns the "
        "absolute rank correlation, for two columns of categories Cramer's V, for one of each the correlation "
        "ratio.",
        "A grid of columns by columns, darker where they are associated",
        place=40,
    )
)
def table_association(found: np.ndarray, names: Sequence[str]) -> Figure | None:
    """A heat map of `found` `(n_columns, n_columns)`; None for a single column.

    Of more than 40 columns, those with the strongest association to another one are shown.
    """
    if len(names) < 2:
        return None
    others = np.where(np.eye(len(names), dtype=bool) | np.isnan(found), 0.0, found)
    if len(names) > MOST_COLUMNS:
        kept = np.sort(np.argsort(-others.max(0), kind="stable")[:MOST_COLUMNS])
        found, names = found[np.ix_(kept, kept)], [names[k] for k in kept]
    np.fill_diagonal(found := found.copy(), np.nan)
    return column_grid(found, names, "Blues", (0.0, 1.0), lambda value: "white" if value > 0.6 else "#333")
