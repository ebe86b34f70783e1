"""A cluster of rows of a table, by the columns that set it apart the most."""

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
        "A cluster beside the table",
        "The columns that set the cluster apart the most: how their values are spread in all rows and in those "
        "of the cluster, in shares of the rows that have one. The nats are the divergence of the two, less that "
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
    """The columns that set a cluster apart the most, eight at most.

    Args:
        title: What the cluster is called, and how large it is.
        rows: Its rows `(m, n_columns)`, or some of them.
        all_rows: Rows of the whole table `(n, n_columns)`, or some of them.
        apart: How far every column sets it apart, `(n_columns,)`, in nats.
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
