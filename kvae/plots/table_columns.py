"""The columns of a table before it is learnt: the distribution of each column's values."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from kvae.data.inspection import Bars, Histogram
from kvae.plots.style import PALETTE, figure
from kvae.plots.text import name_of, plain
from kvae.runs.captions import Caption, shows

ACROSS, PER_PAGE = 4, 16
LONGEST_TITLE, LONGEST_NAME = 26, 14
HEIGHT = 2.5
# Font sizes of the names of categories: smaller for more bars.
SMALL, SMALLER = 8, 6
# A bar is cut at so many times the length of the longest other bar.
TALL = 3
ABOUT: Any = {"ha": "center", "fontsize": 7, "color": "#666"}


class Panel(NamedTuple):
    """The panel of a column: its name, the text below, and the distribution of its values, if it can be shown.

    `as_text` gives numbers on the axis as text, such as dates; None leaves them numbers.
    """

    name: str
    about: str
    spread: Bars | Histogram | None
    as_text: Callable[[float], str] | None = None


@shows(
    columns=Caption(
        "Columns",
        "The distribution of each column: a histogram of numbers, or bars of the most frequent categories. "
        "Orange bars are single values that many rows share; missing values are not drawn.",
        "A panel per column with a histogram or bars",
        place=20,
    )
)
def table_columns(panels: Sequence[Panel]) -> Figure:
    """A panel per column, of `PER_PAGE` columns at most."""
    down = -(-len(panels) // ACROSS)
    across = min(ACROSS, len(panels))
    fig, axes = figure(max(3.4, 3.0 * across), HEIGHT * down, down, across)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, panel in zip(axes.flat, panels, strict=False):
        axis.set_title(f"{plain(panel.name, LONGEST_TITLE)}\n", fontsize=10)
        axis.text(0.5, 1.03, plain(panel.about, 48), transform=axis.transAxes, **ABOUT)
        if isinstance(panel.spread, Bars):
            draw_bars(axis, panel.spread)
        elif panel.spread is not None:
            draw_histogram(axis, panel.spread, panel.as_text)
        else:
            axis.set_axis_off()
    return fig


def draw_bars(axis: Any, spread: Bars) -> None:
    """Draw categories from top to bottom, the most frequent first, and all others as one bar."""
    names = [name_of(name, LONGEST_NAME) for name in spread.names]
    counts, colors = list(spread.counts), [PALETTE[0]] * len(names)
    if spread.others:
        names, counts = [*names, f"{spread.others:,} others"], [*counts, spread.in_others]
        colors.append(PALETTE[9])
    places = range(len(names))
    axis.barh(places, counts, color=colors)
    if spread.others and spread.in_others > TALL * counts[0]:  # uncut, it would make all others invisible
        axis.set_xlim(0, TALL * counts[0])
        axis.annotate(f"{spread.in_others:,} →", (TALL * counts[0], len(names) - 1), ha="right", va="center",
                      fontsize=6, color="white")  # fmt: skip
    size = SMALL if len(names) <= 10 else SMALLER if len(names) <= 16 else SMALLER - 1
    axis.set_yticks(places, names, fontsize=size)
    axis.invert_yaxis()
    axis.tick_params(axis="x", labelsize=7)
    axis.locator_params(axis="x", nbins=4)


def draw_histogram(axis: Any, spread: Histogram, as_text: Callable[[float], str] | None) -> None:
    """Draw a histogram, with values that many rows share as lines, and counts of values outside as text."""
    edges = spread.edges
    axis.bar(edges[:-1], spread.counts, np.diff(edges), align="edge", color=PALETTE[0])
    if spread.is_log:
        axis.set_xscale("log")
    # Lines of values that many rows share are cut: they would make the other bars invisible.
    highest = max([0, *(count for _, count in spread.repeated)])
    rest = max(1, int(spread.counts.max(initial=0)))
    top = max(rest, min(highest, TALL * rest))
    for value, count in spread.repeated:
        axis.vlines(value, 0, count, color=PALETTE[1], linewidth=3)
        named = as_text(value) if as_text else f"{value:g}"
        cut = f" ({count:,} ↑)" if count > top else ""
        axis.annotate(f"{named}{cut}", (value, min(count, top)), fontsize=6, ha="center", va="bottom")
    if spread.repeated:
        axis.set_ylim(0, 1.12 * top)
    further = ((spread.below, "further left"), (spread.above, "further right"))
    beyond = [f"{n:,} {where}" for n, where in further if n]
    if beyond:
        axis.set_xlabel(", ".join(beyond), fontsize=7)
    axis.tick_params(labelsize=7)
    if as_text is not None:
        axis.locator_params(axis="x", nbins=3)
        axis.xaxis.set_major_formatter(lambda value, place: as_text(value))
    elif not spread.is_log:
        axis.locator_params(axis="x", nbins=5)
    axis.locator_params(axis="y", nbins=4)
