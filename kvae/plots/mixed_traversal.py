"""The decoded columns of a table of mixed kinds along latent dimensions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from kvae.plots.mixed import AsText, category_name, word_ticks
from kvae.plots.style import PALETTE, figure, legend
from kvae.plots.text import plain
from kvae.runs.captions import Caption, shows
from kvae.table import Column

MOST_DIMENSIONS, MOST_COLUMNS, MOST_CATEGORIES = 6, 8, 5
LONGEST_TITLE = 18
OTHERS = "(others)"


@shows(
    table_traversal=Caption(
        "Traversal",
        "One latent dimension changes at a time, a row of panels each, in standard deviations of the codes from "
        "the mean code. For numbers, the line is the mean of p(column|z); for categories, the areas are their "
        "probabilities. The columns that change most are shown.",
        "A panel per latent dimension and column: means or probabilities along the dimension",
        place=70,
    )
)
def table_traversal(
    means: np.ndarray,
    probabilities: Mapping[int, np.ndarray],
    dimensions: np.ndarray,
    steps: np.ndarray,
    columns: Sequence[Column],
    as_text: Sequence[AsText] | None = None,
) -> Figure:
    """The decoded columns along the first six of `dimensions`.

    Args:
        means: Means of p(x|z), `(len(dimensions), len(steps), n_columns)`.
        probabilities: By column index, the probabilities of its categories, `(len(dimensions), len(steps), K)`.
        dimensions: The numbers of the dimensions.
        steps: Distances from the mean code, in standard deviations of the codes.
        columns: The columns.
        as_text: By column, its values as text, such as dates; see `kvae.plots.mixed`.
    """
    shown = dimensions[:MOST_DIMENSIONS]
    effects = [effect(means[: len(shown), :, j], probabilities.get(j), column) for j, column in enumerate(columns)]
    chosen = np.sort(np.argsort(-np.array(effects), kind="stable")[:MOST_COLUMNS])
    fig, axes = figure(1.9 * len(chosen) + 0.9, 1.45 * len(shown) + 0.9, len(shown), len(chosen))
    for place, j in enumerate(chosen):
        axes[0, place].set_title(plain(columns[j].name, LONGEST_TITLE), fontsize=9)
        for row in range(len(shown)):
            axis = axes[row, place]
            if j in probabilities:
                areas(axis, probabilities[j], row, steps, columns[j])
            else:
                line(axis, means[: len(shown), :, j], row, steps, None if as_text is None else as_text[j])
            axis.tick_params(labelsize=7)
            axis.set_xticks(steps[[0, len(steps) // 2, -1]], [f"{step:+.0f}" if step else "mean" for step in
                            steps[[0, len(steps) // 2, -1]]])  # fmt: skip
    for row, number in enumerate(shown):
        axes[row, 0].set_ylabel(f"dim {number}", fontsize=9)
    fig.supxlabel("standard deviations from the mean code", fontsize=9)
    return fig


def effect(means: np.ndarray, probabilities: np.ndarray | None, column: Column) -> float:
    """How much a column changes along the dimensions, from 0 to 1: as a share of 4 sd, or of the probability."""
    if probabilities is not None:
        return float(0.5 * np.abs(probabilities - probabilities[:, :1]).sum(axis=-1).max())
    spread = float(column.coding.get("std", 0.0)) or 1.0
    return min(1.0, float(np.ptp(means, axis=1).max()) / (4 * spread))


def line(axis: Any, means: np.ndarray, row: int, steps: np.ndarray, as_text: AsText = None) -> None:
    """Draw the means of a numeric column along a dimension, on one scale for all dimensions."""
    low, high = float(means.min()), float(means.max())
    margin = 0.05 * (high - low) or 0.5
    axis.plot(steps, means[row], color=PALETTE[0], marker="o", markersize=2.5)
    axis.set_ylim(low - margin, high + margin)
    if as_text is None:
        axis.yaxis.set_major_locator(MaxNLocator(3))
    else:
        word_ticks(axis.yaxis, as_text)


def areas(axis: Any, probabilities: np.ndarray, row: int, steps: np.ndarray, column: Column) -> None:
    """Draw the stacked probabilities of the five categories with the largest maxima."""
    most = np.argsort(-probabilities.max(axis=(0, 1)), kind="stable")[:MOST_CATEGORIES]
    most = np.sort(most)
    parts = probabilities[row][:, most].T
    names = [category_name(column, int(k)) for k in most]
    if len(most) < probabilities.shape[-1]:
        parts, names = np.concatenate([parts, 1.0 - parts.sum(axis=0, keepdims=True)]), [*names, OTHERS]
    colors = [*PALETTE[: len(most)], PALETTE[9]]
    axis.stackplot(steps, parts, colors=colors, alpha=0.75, linewidth=0)
    axis.set(ylim=(0, 1), xlim=(steps[0], steps[-1]), yticks=(0, 0.5, 1))
    if row == 0:
        handles = [Patch(color=color, alpha=0.75) for color in colors[: len(names)]]
        legend(axis, handles, names, fontsize=6, loc="upper left", handlelength=0.8, framealpha=0.7)
