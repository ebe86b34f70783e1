"""Columns of a table of mixed kinds: a panel per column, numbers as histograms, categories as bars.

Values are numbers in the table's units, or the indices of categories; NaN is a missing value.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from kvae.plots.style import PALETTE, figure, legend
from kvae.plots.text import plain
from kvae.table import Column

MOST_PANELS = 24
MOST_BARS = 10
BINS = 24
# Whole numbers over a range of at most this have a bar each.
FEW_VALUES = 30
# The quantiles of the first group at the ends of a histogram; values outside are counted in the outermost bars.
TAILS = (0.005, 0.995)
# Positive numbers that reach more than so many times further above the median than below have a logarithmic axis.
WIDE = 6.0
LONGEST_TITLE, LONGEST_NAME = 28, 14
OTHERS = "(others)"
# The bar of the others is cut where it is more than so many times as long as the longest other bar.
MANY_TIMES = 4.0

# Gives the numbers of a column as text, such as dates; None leaves them numbers.
AsText = Callable[[np.ndarray], Sequence[str]] | None


class Group(NamedTuple):
    """A named group of a table's rows, `(n, n_columns)`."""

    label: str
    values: np.ndarray
    color: str = PALETTE[0]


def panels(columns: Sequence[Column], titles: Sequence[str] | None = None) -> tuple[Figure, list[Any]]:
    """A figure with an axis per column, for the first 24 columns, titled by their names."""
    n = min(len(columns), MOST_PANELS)
    across = min(4, n)
    down = math.ceil(n / across)
    fig, axes = figure(max(4.5, 2.7 * across), 2.4 * down + 0.5, down, across)
    for axis in axes.flat[n:]:
        axis.set_axis_off()
    for axis, title in zip(axes.flat, titles or [column.name for column in columns], strict=False):
        axis.set_title(plain(title, LONGEST_TITLE), fontsize=10)
    return fig, list(axes.flat[:n])


def beside(groups: Sequence[Group], columns: Sequence[Column], as_text: Sequence[AsText] | None = None) -> Figure:
    """The distribution of every column in each of the groups, in shares of the values that are not missing.

    For a column of one category, a box that is ticked or not, the share of all rows that have it.
    """
    fig, axes = panels(columns)
    for place, axis in enumerate(axes):
        values = [group._replace(values=group.values[:, place]) for group in groups]
        spread(axis, values, columns[place], None if as_text is None else as_text[place])
    one_legend(fig, groups)
    return fig


def one_legend(fig: Figure, groups: Sequence[Group]) -> None:
    """One legend above all panels."""
    from matplotlib.patches import Patch

    handles = [Patch(color=group.color) for group in groups]
    names = [group.label for group in groups]
    legend(fig, handles, names, loc="outside upper right", ncols=len(groups), frameon=False)


def spread(axis: Any, groups: Sequence[Group], column: Column, as_text: AsText = None) -> None:
    """Draw the distributions of one column's values `(n,)` in each of the groups."""
    there = [group._replace(values=group.values[np.isfinite(group.values)]) for group in groups]
    there = [group for group in there if len(group.values)]
    if not there:
        axis.text(0.5, 0.5, "no values", ha="center", va="center", transform=axis.transAxes, color=PALETTE[9])
        axis.set(xticks=[], yticks=[])
    elif column.n_categories == 1:  # a box: how often it is ticked
        ticks = [np.array([np.isfinite(group.values).mean()]) for group in groups]
        draw_bars(axis, ticks, [group.color for group in groups], [category_name(column, 0)])
    elif column.is_number:
        histograms(axis, there, as_text)
    else:
        bars(axis, there, column)
    axis.tick_params(labelsize=8)


def word_ticks(line: Any, as_text: Callable[[np.ndarray], Sequence[str]]) -> None:
    """Give an axis a few ticks, with their values as text."""
    line.set_major_locator(MaxNLocator(2 if line.axis_name == "x" else 3))  # dates are wide
    line.set_major_formatter(FuncFormatter(lambda value, _: as_text(np.array([value]))[0]))


def histograms(axis: Any, groups: Sequence[Group], as_text: AsText = None) -> None:
    """Histograms of numbers, one per group in the same bins: the first filled, the others as lines."""
    edges, is_log = edges_for(groups[0].values)
    for place, group in enumerate(groups):
        counts = np.histogram(np.clip(group.values, edges[0], edges[-1]), edges)[0]
        filled = {"fill": True, "alpha": 0.45} if place == 0 else {"linewidth": 1.6}
        axis.stairs(counts / counts.sum(), edges, color=group.color, **filled)
    axis.set_ylim(bottom=0)
    if is_log:
        axis.set_xscale("log")
    elif as_text is not None:
        word_ticks(axis.xaxis, as_text)
    else:
        axis.xaxis.set_major_locator(MaxNLocator(5))


def edges_for(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Edges of bins for finite values, and whether they are on a logarithmic scale."""
    values = np.asarray(values, np.float64)
    least, most = float(values.min()), float(values.max())
    whole = bool(np.all(values == np.round(values)))
    if whole and most - least <= FEW_VALUES:
        return np.arange(least - 0.5, most + 1.0), False
    low, high = (float(end) for end in np.quantile(values, TAILS))
    if low == high:
        low, high = least, most
    if low == high:
        half = 0.5 * max(abs(low), 1.0)
        return np.linspace(low - half, high + half, BINS + 1), False
    middle = float(np.median(values))
    if low > 0 and high - middle > WIDE * (middle - low):
        return np.geomspace(low, high, BINS + 1), True
    if whole:  # equally many whole numbers per bin, or some bars would be too high
        step = max(1, math.ceil((high - low) / BINS))
        return np.arange(math.floor(low) - 0.5, high + step, step), False
    return np.linspace(low, high, BINS + 1), False


def bars(axis: Any, groups: Sequence[Group], column: Column) -> None:
    """Shares of categories in each of the groups; of many, the most frequent categories of the first group."""
    shares = np.stack([shares_of(group.values, column) for group in groups])
    chosen, names = shown_categories(shares[0], column)
    heights = [np.append(share[chosen], 1.0 - share[chosen].sum())[: len(names)] for share in shares]
    draw_bars(axis, heights, [group.color for group in groups], names)
    if len(names) > len(chosen):
        cut_others(axis, np.stack(heights))


def cut_others(axis: Any, heights: np.ndarray) -> None:
    """End the axis short of the last bars, of `heights` `(n_groups, n_bars)`, where the others would be too short.

    The lengths of the bars that are cut stand in them.
    """
    named, others = float(heights[:, :-1].max()), heights[:, -1]
    if named == 0 or others.max() <= MANY_TIMES * named:
        return
    axis.set_xlim(0, 1.2 * named)
    axis.xaxis.set_major_locator(MaxNLocator(2))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    axis.text(1.1 * named, heights.shape[1] - 1, " ".join(f"{share:.0%}" for share in others),
              ha="right", va="center", fontsize=7, bbox=box)  # fmt: skip


def shares_of(values: np.ndarray, column: Column) -> np.ndarray:
    """The share of every category in values `(n,)` without missing ones."""
    counts = np.bincount(values.astype(int), minlength=column.n_categories or 0)[: column.n_categories]
    return counts / max(1, counts.sum())


def shown_categories(shares: np.ndarray, column: Column) -> tuple[np.ndarray, list[str]]:
    """The indices of the categories that have a bar, in ascending order, and the names of all bars."""
    chosen = np.arange(len(shares))
    if len(shares) > MOST_BARS:
        chosen = np.sort(np.argsort(-shares, kind="stable")[: MOST_BARS - 1])
    names = [category_name(column, int(number)) for number in chosen]
    return chosen, names if len(chosen) == len(shares) else [*names, OTHERS]


def category_name(column: Column, number: int) -> str:
    """The name of a category, or its index without names."""
    return str(number) if column.categories is None else plain(column.categories[number], LONGEST_NAME)


def draw_bars(axis: Any, heights: Sequence[np.ndarray], colors: Sequence[str], names: Sequence[str]) -> None:
    """Draw the bars of all groups side by side, the categories from top to bottom."""
    places, thick = np.arange(len(names)), 0.8 / len(heights)
    for number, (height, color) in enumerate(zip(heights, colors, strict=True)):
        offset = (number - (len(heights) - 1) / 2) * thick
        axis.barh(places + offset, height, thick, color=color, alpha=0.45 if number == 0 else 1.0)
    axis.set_yticks(places, names, fontsize=8 if len(names) <= 6 else 7)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_xlim(left=0)
    axis.xaxis.set_major_locator(MaxNLocator(4))
