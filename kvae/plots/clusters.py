"""A cluster of a table's rows, by the columns in which it differs most from all rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.mixed import AsText, Group, one_legend, panels, spread
from kvae.plots.style import PALETTE
from kvae.runs.captions import Caption, shows
from kvae.table import Column

MOST_COLUMNS = 8


@shows(
    cluster=Caption(
        "A cluster compared with all rows",
        "The columns in which the cluster differs most from all rows: the distributions of their values in both, "
        "in shares of the rows that have a value. The nats are the divergence of the two distributions, less that "
        "of rows drawn at random.",
        "A panel per column: histograms or bars of the cluster and of all rows",
        place=85,
    )
)
def cluster(
    title: str,
    rows: np.ndarray,
    all_rows: np.ndarray,
    apart: np.ndarray,
    columns: Sequence[Column],
    as_text: Sequence[AsText] | None = None,
) -> Figure:
    """The columns in which a cluster differs most from all rows, eight at most.

    Args:
        title: The name and the size of the cluster.
        rows: Rows of the cluster `(m, n_columns)`, all or some.
        all_rows: Rows of the whole table `(n, n_columns)`, all or some.
        apart: The divergence of every column in the cluster from that in all rows, `(n_columns,)`, in nats.
        columns: The columns.
        as_text: See `kvae.plots.mixed`.
    """
    chosen = np.argsort(-apart, kind="stable")[:MOST_COLUMNS]
    shown = [columns[place] for place in chosen]
    fig, axes = panels(shown, [f"{apart[place]:.2f} nats: {columns[place].name}" for place in chosen])
    groups = Group("all rows", all_rows, PALETTE[9]), Group(title, rows)
    for axis, place in zip(axes, chosen, strict=True):
        values: list[Any] = [group._replace(values=group.values[:, place]) for group in groups]
        spread(axis, values, columns[place], None if as_text is None else as_text[place])
    one_legend(fig, groups)
    return fig
