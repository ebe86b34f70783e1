"""Rows of a table of mixed kinds beside their reconstructions, and beside generated rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kvae.plots.mixed import (
    AsText,
    Group,
    beside,
    draw_bars,
    one_legend,
    panels,
    shares_of,
    shown_categories,
    word_ticks,
)
from kvae.plots.style import PALETTE
from kvae.runs.captions import Caption, shows
from kvae.table import Column

# At most so many rows of the data, and as many generated ones, are drawn.
ROWS = 2000
ORIGINAL, SAMPLES = "data", "samples"
# Of categories: what the two bars of each are.
SHARE, RIGHT = "share of the rows", "share of these reconstructed correctly"


@shows(
    table_reconstructions=Caption(
        "Columns and their reconstructions",
        "For numbers, every dot is a row: its value, and its reconstruction from the posterior mean; on the line "
        "both are the same. For categories, the light bar is the share of the rows with this category, and the "
        "dark bar the share of these rows in which the decoder gives it the highest probability.",
        "A panel per column: values against reconstructions, or shares of categories reconstructed correctly",
        place=30,
    )
)
def table_reconstructions(
    x: np.ndarray, x_hat: np.ndarray, columns: Sequence[Column], as_text: Sequence[AsText] | None = None
) -> Figure:
    """Values of the first columns against their reconstructions, both `(n, n_columns)`.

    `as_text` gives the values of a column as text, such as dates; see `kvae.plots.mixed`.
    """
    fig, axes = panels(columns)
    for place, axis in enumerate(axes):
        there = np.isfinite(x[:, place]) & np.isfinite(x_hat[:, place])
        one, back = x[there, place], x_hat[there, place]
        if not len(one):
            axis.text(0.5, 0.5, "no values", ha="center", va="center", transform=axis.transAxes, color=PALETTE[9])
            axis.set(xticks=[], yticks=[])
        elif columns[place].is_number:
            against(axis, one, back, None if as_text is None else as_text[place])
        else:
            come_back(axis, one, back, columns[place])
        axis.tick_params(labelsize=8)
    if not all(column.is_number for column in columns[: len(axes)]):  # dots need no legend
        one_legend(fig, [Group(SHARE, x, PALETTE[9]), Group(RIGHT, x_hat)])
    return fig


def against(axis: Any, x: np.ndarray, x_hat: np.ndarray, as_text: AsText = None) -> None:
    """Values against reconstructions, a dot per row, on one scale for both."""
    low = min(x.min(), x_hat.min())
    axis.axline((low, low), slope=1, color=PALETTE[9], linewidth=1)
    axis.plot(x, x_hat, ".", color=PALETTE[0], markersize=3, alpha=0.5, markeredgewidth=0)
    axis.set_xlabel("value", fontsize=8)
    axis.set_ylabel("reconstruction", fontsize=8)
    for line in (axis.xaxis, axis.yaxis):
        if as_text is None:
            line.set_major_locator(MaxNLocator(4))
        else:
            word_ticks(line, as_text)


def come_back(axis: Any, x: np.ndarray, x_hat: np.ndarray, column: Column) -> None:
    """The share of every category, and the share of its rows in which the decoder finds it the most probable."""
    shares = shares_of(x, column)
    chosen, names = shown_categories(shares, column)
    right = [share_right(x, x_hat, x == number) for number in chosen]
    shown = [shares[chosen], np.array(right)]
    if len(names) > len(chosen):
        rest = ~np.isin(x, chosen)
        shown = [np.append(shown[0], rest.mean()), np.append(shown[1], share_right(x, x_hat, rest))]
    draw_bars(axis, shown, (PALETTE[9], PALETTE[0]), names)


def share_right(x: np.ndarray, x_hat: np.ndarray, which: np.ndarray) -> float:
    """The share of the rows `which`, booleans `(n,)`, that come back as they are; 0 without such rows."""
    return float(np.mean(x_hat[which] == x[which])) if which.any() else 0.0


@shows(
    table_samples=Caption(
        "Samples from the prior, by columns",
        "How the values of every column are distributed, in shares of the rows that have one, in the data and in "
        "generated rows: draws from p(x|z) at draws z from the prior, whose mean is the message of a learning "
        "row where messages are sent. Values beyond the axis are counted in the last bars.",
        "A panel per column: histograms or bars of data and of samples",
        place=40,
    ),
    table_samples_evaluate=Caption(
        "Generated rows, by columns",
        "How the values of every column are distributed, in shares of the rows that have one, in the data and in "
        "rows generated as mode=generate does. Values beyond the axis are counted in the last bars.",
        "A panel per column: histograms or bars of data and of generated rows",
        place=40,
    ),
)
def table_samples(
    x: np.ndarray, samples: np.ndarray, columns: Sequence[Column], as_text: Sequence[AsText] | None = None
) -> Figure:
    """How the first columns are spread in data `x` and in `samples`, both `(n, n_columns)`.

    `as_text` gives the values of a column as text, such as dates; see `kvae.plots.mixed`.
    """
    return beside([Group(ORIGINAL, x, PALETTE[9]), Group(SAMPLES, samples)], columns, as_text)
