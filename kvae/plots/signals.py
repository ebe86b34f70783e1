"""Signals as lines over time, with their reconstructions, and the difference of the two below."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kvae.data.signal import Signal
from kvae.plots.columns import Series
from kvae.plots.style import PALETTE, figure, legend

FEW_ROWS = 6
MANY_ROWS = 24
STEPS_COLOURS = "coolwarm"


def times(signal: Signal) -> np.ndarray:
    """The times of a row's values, `(n,)`."""
    return np.arange(signal.n) * signal.step


def rows_of(series: Sequence[Series], names: Sequence[str], signal: Signal) -> Figure:
    """A panel for each of the first six rows, a line per series; below it the last series less the first."""
    n = min(FEW_ROWS, len(names))
    across, is_pair = min(2, n), len(series) > 1
    down = math.ceil(n / across)
    heights = [3.0, 1.0] if is_pair else [1.0]
    fig, axes = figure(5.2 * across, (2.6 if is_pair else 1.9) * down + 0.4, down * len(heights), across)
    axes[0, 0].get_gridspec().set_height_ratios(heights * down)
    less = f"{series[-1].label} − {series[0].label}"
    differences = series[-1].values[:n] - series[0].values[:n]
    ends = ends_of(*(one.values[:n] for one in series))
    furthest = max(float(np.nanmax(np.abs(differences), initial=0.0)), 1e-12)
    for i in range(down * across):
        place = (i // across) * len(heights), i % across
        panel = axes[place]
        if i >= n:
            for below in range(len(heights)):
                axes[place[0] + below, place[1]].set_axis_off()
            continue
        for one in series:
            panel.plot(times(signal), one.values[i], color=one.color, label=one.label, linewidth=1.2)
        panel.set_title(f"row {names[i]}", fontsize=10)
        panel.set_ylim(*ends)
        if is_pair:
            panel.tick_params(labelbottom=False)
            along(panel, signal, named=False)
            below = axes[place[0] + 1, place[1]]
            below.axhline(0.0, color=PALETTE[9], linewidth=0.8)
            below.plot(times(signal), differences[i], color=PALETTE[0], linewidth=1.0, label=less)
            below.set_ylim(-1.05 * furthest, 1.05 * furthest)
        along(axes[place[0] + len(heights) - 1, place[1]], signal, named=i + across >= n)
    fig.supylabel(signal.value_axis, fontsize=10)
    lines = list(axes[0, 0].get_lines()) + (list(axes[1, 0].get_lines())[-1:] if is_pair else [])
    handles = {str(line.get_label()): line for line in lines}
    legend(fig, list(handles.values()), list(handles), loc="outside upper right", ncols=3, frameon=False)
    return fig


def columns_of_rows(series: Sequence[Series], signal: Signal, titles: Sequence[str] = ()) -> Figure:
    """A column of panels per series, a row of the series per panel, on one scale; `titles` only for one series."""
    if len(series) == 1:
        return sheet(series[0], signal, titles)
    n = min(FEW_ROWS, max(len(one.values) for one in series))
    fig, axes = figure(4.6 * len(series), 1.1 * n + 0.8, n, len(series))
    ends = ends_of(*(one.values for one in series))
    for place, one in enumerate(series):
        axes[0, place].set_title(one.label)
        shown = one.values[np.linspace(0, len(one.values) - 1, min(n, len(one.values))).astype(int)]
        for i, axis in enumerate(axes[:, place]):
            if i >= len(shown):
                axis.set_axis_off()
                continue
            axis.plot(times(signal), shown[i], color=one.color, linewidth=1.0)
            axis.set_ylim(*ends)
            axis.tick_params(labelbottom=i == n - 1)
            along(axis, signal, named=i == n - 1)
    fig.supylabel(signal.value_axis, fontsize=10)
    return fig


def sheet(series: Series, signal: Signal, titles: Sequence[str]) -> Figure:
    """A panel per row with its title, on one scale; of many rows, evenly spaced ones."""
    chosen = np.unique(np.linspace(0, len(series.values) - 1, min(MANY_ROWS, len(series.values))).astype(int))
    across = min(3, len(chosen))
    down = math.ceil(len(chosen) / across)
    fig, axes = figure(3.4 * across + 0.4, 1.5 * down + 0.8, down, across)
    fig.suptitle(series.label, fontsize=11)
    for axis in axes.flat[len(chosen) :]:
        axis.set_axis_off()
    for i, (axis, row) in enumerate(zip(axes.flat, chosen, strict=False)):
        axis.plot(times(signal), series.values[row], color=series.color, linewidth=1.0)
        axis.set_ylim(*ends_of(series.values))
        along(axis, signal, named=i + across >= len(chosen))
        if row < len(titles):
            axis.set_title(titles[row], fontsize=9)
    fig.supylabel(signal.value_axis, fontsize=10)
    return fig


def traversal(decoded: np.ndarray, dimensions: np.ndarray, steps: Sequence[str], signal: Signal) -> Figure:
    """The decoded signals along latent dimensions, `(len(dimensions), len(steps), n)`: a line per step."""
    across = min(3, len(dimensions))
    down = math.ceil(len(dimensions) / across)
    fig, axes = figure(3.8 * across + 1.0, 2.3 * down + 0.5, down, across)
    colours = matplotlib.colormaps[STEPS_COLOURS](np.linspace(0, 1, len(steps)))
    colours[np.isclose(np.linspace(0, 1, len(steps)), 0.5)] = (0.2, 0.2, 0.2, 1.0)  # the mean would be too light
    for axis in axes.flat[len(dimensions) :]:
        axis.set_axis_off()
    for i, (axis, rows, number) in enumerate(zip(axes.flat, decoded, dimensions, strict=False)):
        lines = [
            axis.plot(times(signal), row, color=colour, linewidth=1.0)[0]
            for row, colour in zip(rows, colours, strict=True)
        ]
        axis.set_title(f"dimension {number}", fontsize=10)
        axis.set_ylim(*ends_of(decoded))
        along(axis, signal, named=i + across >= len(dimensions))
    fig.supylabel(signal.value_axis, fontsize=10)
    legend(fig, lines, steps, loc="outside right upper", frameon=False, fontsize=8)
    return fig


def along(axis: Any, signal: Signal, named: bool) -> None:
    """Set the time axis of a panel, `named` if it is the lowest."""
    last = max((signal.n - 1) * signal.step, signal.step)
    axis.set_xlim(0.0, last)
    if named:
        axis.set_xlabel(signal.time_axis)


def ends_of(*arrays: np.ndarray) -> tuple[float, float]:
    """The limits of an axis: the least and the largest value, with a margin."""
    known = [array[np.isfinite(array)] for array in arrays]
    values = np.concatenate([array.ravel() for array in known])
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    return low - room, high + room
