"""Whether the probabilities that a model gives to the values of a table are borne out."""

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

# Bars of many rows, and of few.
BARS, FEW_BARS, FEW_ROWS = 20, 10, 400
# Standard deviations of the band in which bars lie by chance, 95 of 100.
BAND = 1.96


@shows(
    calibration_numbers=Caption(
        "Calibration of numbers",
        "Where the values of a column fall in the distributions that the decoder gives for a draw of the row's "
        "own code, z from q(z|x): 0 below all of it, 1 above. Level bars mean that these distributions are right; "
        "a hump in the middle that they are too wide, high ends that they are too narrow, a slope that they lie "
        "too high or too low. In the grey band 95 of 100 bars would lie by chance. Values with a probability of "
        "their own, such as counts, are spread at random over it.",
        "A histogram per column of the probability integral transform",
        "curves",
        place=30,
    )
)
def calibration_numbers(ranks: Mapping[str, Ranks]) -> Figure | None:
    """Histograms of `ranks`, by the columns' names; None of no column."""
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
        "How often a category is the row's own, among all that were given about the same probability by the "
        "decoder for a draw of the row's own code, z from q(z|x). On the line the probabilities are right; below "
        "it the decoder is too sure. The larger a dot, the more often such a probability was given.",
        "A panel per column: shares against probabilities",
        "curves",
        place=31,
    )
)
def calibration_categories(reliability: Mapping[str, Reliability]) -> Figure | None:
    """Shares against probabilities, by the columns' names; None of no column."""
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
    """An axis per column, the first 24 of them."""
    names = list(columns)[:MOST_PANELS]
    return panels_of([Column(name, "", {"name": ""}) for name in names])
