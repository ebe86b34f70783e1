"""Calibration: whether the probabilities that a model predicts for the values of a table are right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.metrics.calibration import Ranks, Reliability
from kvae.plots.mixed import MOST_PANELS
from kvae.plots.mixed import panels as panels_of
from kvae.plots.style import PALETTE
from kvae.runs.captions import Caption, shows
from kvae.table import Column

# The number of bars for many rows, and for few.
BARS, FEW_BARS, FEW_ROWS = 20, 10, 400
# Half the width, in standard deviations, of the band in which 95 of 100 bars lie by chance.
BAND = 1.96


@shows(
    calibration_numbers=Caption(
        "Calibration of numbers",
        "Where each value of a column lies in the distribution that the decoder predicts for it from a draw z of "
        "q(z|x): at 0 below the whole distribution, at 1 above it. Bars of equal height mean that the predicted "
        "distributions are right; a hump in the middle that they are too wide, high ends that they are too "
        "narrow, a slope that they are too high or too low. By chance, 95 of 100 bars lie in the grey band. For "
        "discrete values, such as counts, the position is random within the probability of the value.",
        "A histogram per column of the probability integral transform",
        "curves",
        place=30,
    )
)
def calibration_numbers(ranks: Mapping[str, Ranks]) -> Figure | None:
    """Histograms of `ranks`, by the columns' names; None without columns."""
    chosen = {name: one for name, one in ranks.items() if one.n}
    if not chosen:
        return None
    fig, axes = named_panels(chosen)
    for axis, one in zip(axes, chosen.values(), strict=False):
        bars = FEW_BARS if one.n < FEW_ROWS else BARS
        by_chance = BAND * np.sqrt((bars - 1) / one.n)
        axis.axhspan(1 - by_chance, 1 + by_chance, color=PALETTE[9], alpha=0.25, linewidth=0)
        axis.stairs(
            one.histogram(bars) * bars, np.linspace(0, 1, bars + 1), fill=True, color=PALETTE[0], alpha=0.7
        )
        axis.axhline(1, color=PALETTE[6], linewidth=1)
        axis.set(xlim=(0, 1), ylim=(0, None), xticks=(0, 0.5, 1))
        axis.tick_params(labelsize=8)
    fig.supxlabel("share of the distribution below the value", fontsize=9)
    fig.supylabel("rows / even share", fontsize=9)
    return fig


@shows(
    calibration_categories=Caption(
        "Calibration of categories",
        "How often a category is the true one, among all categories to which the decoder gives about the same "
        "probability, from a draw z of q(z|x). On the line the probabilities are right, below it they are too "
        "high. The larger a dot, the more often such a probability occurs.",
        "A panel per column: shares against probabilities",
        "curves",
        place=31,
    )
)
def calibration_categories(reliability: Mapping[str, Reliability]) -> Figure | None:
    """Shares against probabilities, by the columns' names; None without columns."""
    chosen = {name: one for name, one in reliability.items() if one.n}
    if not chosen:
        return None
    fig, axes = named_panels(chosen)
    for axis, one in zip(axes, chosen.values(), strict=False):
        pairs, given, right = (counts.sum(axis=0) for counts in (one.pairs, one.given, one.right))
        there = pairs > 0
        pairs, given, right = pairs[there], given[there], right[there]
        share = right / pairs
        error = BAND * np.sqrt(share * (1 - share) / pairs)
        axis.plot((0, 1), (0, 1), color=PALETTE[9], linewidth=1)
        axis.errorbar(given / pairs, share, error, linestyle="-", color=PALETTE[0], linewidth=1, elinewidth=1)
        axis.scatter(given / pairs, share, 8 + 60 * pairs / pairs.sum(), color=PALETTE[0])
        axis.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
        axis.tick_params(labelsize=8)
    fig.supxlabel("probability that a category was given", fontsize=9)
    fig.supylabel("share of rows that have it", fontsize=9)
    return fig


def named_panels(columns: Mapping[str, Any]) -> tuple[Figure, list[Any]]:
    """A figure with an axis per column, for the first 24 columns."""
    names = list(columns)[:MOST_PANELS]
    return panels_of([Column(name, "", {"name": ""}) for name in names])
