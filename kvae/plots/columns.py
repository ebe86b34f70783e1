"""Axes for the columns of a table: a panel per column, names along an axis, and a common scale."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from kvae.data.signal import Signal
from kvae.plots.style import PALETTE, figure, whole_numbers
from kvae.plots.text import plain

FEW_COLUMNS = 12
MANY_COLUMNS = 40
MANY_NAMES = 24  # below an axis of more columns
# Columns share a scale unless the largest range exceeds the median range by more than this factor.
FAR_APART = 20.0
GOLDEN = 0.618
LONGEST_TITLE, LONGEST_TICK = 28, 16

# Names of a table's columns, or None.
Names = Sequence[str] | None


class Series(NamedTuple):
    """Named rows of vectors `(n, columns)`."""

    label: str
    values: np.ndarray
    color: str = PALETTE[0]
    marker: str = "o"


def panels(n: int, columns: Names = None) -> tuple[Figure, list[Any]]:
    """A figure of `n` axes, one per column of a table, by their names."""
    across = min(4, n)
    down = math.ceil(n / across)
    fig, axes = figure(max(4.5, 2.5 * across), 2.3 * down + 0.4, down, across)
    for axis in axes.flat[n:]:
        axis.set_axis_off()
    for column, axis in enumerate(axes.flat[:n]):
        title = f"column {column}" if columns is None else plain(columns[column], LONGEST_TITLE)
        axis.set_title(title, fontsize=10)
    for axis in axes[:, 0]:
        axis.set_ylabel("value")
    return fig, list(axes.flat[:n])


def dots(axis: Any, series: Sequence[Series], column: int) -> None:
    """One column, a dot per row."""
    for one in series:
        axis.plot(one.values[:, column], one.marker, color=one.color, label=one.label, markersize=5)


def strips(axis: Any, series: Sequence[Series], column: int) -> None:
    """One column, the rows of each series in a strip, shifted sideways so that dots do not overlap."""
    for place, one in enumerate(series):
        aside = (np.arange(len(one.values)) * GOLDEN % 1 - 0.5) * 0.6
        style: Any = {"color": one.color, "markersize": 3.5, "alpha": 0.7, "markeredgewidth": 0}
        axis.plot(place + aside, one.values[:, column], one.marker, label=one.label, **style)
    axis.set_xlim(-0.6, len(series) - 0.4)
    axis.set_xticks([])


def room_for(columns: Names) -> float:
    """Inches that the names of columns take below an axis."""
    return 0.0 if columns is None or isinstance(columns, Signal) else 0.8


def name_columns(axis: Any, columns: Names, n: int) -> None:
    """Name the `n` columns along an axis, or every k-th of many; without names, show numbers or times."""
    if isinstance(columns, Signal):
        step = columns.step
        axis.set_xlabel(columns.time_axis)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place * step:g}"))
    elif columns is None:
        axis.set_xlabel("column")
        whole_numbers(axis)
    else:
        step = 1 if n <= MANY_COLUMNS else math.ceil(n / MANY_NAMES)
        names = [plain(name, LONGEST_TICK) for name in columns[::step]]
        axis.set_xticks(range(0, n, step), names, rotation=90, fontsize=8 if n <= FEW_COLUMNS else 6)
        if step > 1:
            axis.set_xlabel(f"{n} columns, of which one in {step} is named")


def on_one_scale(*arrays: np.ndarray) -> tuple[list[np.ndarray], str]:
    """Arrays `(n, columns)` that can share an axis, and the label of it.

    If the ranges of the columns differ too much, each column is scaled from 0, its least value, to 1, its largest.
    """
    together = np.concatenate(arrays).astype(float)
    low, span = together.min(axis=0), np.ptp(together, axis=0)
    varying = span[span > 0]
    if varying.size == 0 or varying.max() <= FAR_APART * np.median(varying):
        return list(arrays), "value"
    return [(array - low) / np.where(span > 0, span, 1.0) for array in arrays], "value / range of the column"
