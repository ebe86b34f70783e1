"""Observations that are not images: panels per column for few columns, lines for more, heat maps for many.

Columns of a table have units of their own. Few columns each have a panel with its own axis; in lines and heat maps
they are scaled to [0, 1] if their ranges differ too much. Signals are lines over time.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.data.signal import Signal
from kvae.plots import signals
from kvae.plots.columns import (
    FEW_COLUMNS,
    MANY_COLUMNS,
    Names,
    Series,
    dots,
    name_columns,
    on_one_scale,
    panels,
    room_for,
    strips,
)
from kvae.plots.style import PALETTE, figure, whole_numbers

ROWS_IN_A_MAP = 20
MANY_NAMES = 40


def vectors(x: np.ndarray) -> np.ndarray:
    """Observations of any shape as vectors `(n, columns)`."""
    return np.asarray(x).reshape(len(x), math.prod(x.shape[1:]))


def reconstructions(x: np.ndarray, x_hat: np.ndarray, rows: Sequence[int | str], columns: Names = None) -> Figure:
    """Originals and reconstructions of vectors `(n, columns)`; `rows` are their numbers or ids in the data."""
    series = [Series("original", x, PALETTE[6]), Series("reconstruction", x_hat, PALETTE[3], "x")]
    return shown(series, [str(row) for row in rows][: len(x)], columns)


def shown(series: Sequence[Series], names: Sequence[str], columns: Names = None) -> Figure:
    """Two series of rows with these names, in the form that suits their number of columns."""
    if isinstance(columns, Signal):
        return signals.rows_of(series, names, columns)
    width = series[0].values.shape[1]
    if width <= FEW_COLUMNS:
        return columns_of(series, names, columns)
    if width > MANY_COLUMNS:
        return heat_maps(series, names, "row", columns)
    return lines(series, names, columns)


def columns_of(series: Sequence[Series], names: Sequence[str], columns: Names = None) -> Figure:
    """Two series of rows, a panel per column with a dot per row."""
    fig, axes = panels(series[0].values.shape[1], columns)
    for column, axis in enumerate(axes):
        ends = (one.values[:, column] for one in series)
        axis.vlines(range(len(names)), *ends, color=PALETTE[9], linewidth=1)
        dots(axis, series, column)
        axis.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 2 else 0)
        axis.set_xlabel("row")
    one_legend(fig, axes[0])
    return fig


def lines(series: Sequence[Series], names: Sequence[str], columns: Names = None) -> Figure:
    """Series of rows, a panel for each of the first six rows with a line per series."""
    if isinstance(columns, Signal):
        return signals.rows_of(series, names, columns)
    n = min(6, len(names))
    arrays, label = on_one_scale(*(one.values[:n] for one in series))
    height = 1.8 + room_for(columns)
    fig, axes = figure(9, height * math.ceil(n / 2) + 0.4, math.ceil(n / 2), min(2, n))
    for axis in axes.flat[n:]:
        axis.set_axis_off()
    for i, axis in enumerate(axes.flat[:n]):
        for one, array in zip(series, arrays, strict=True):
            axis.plot(array[i], color=one.color, label=one.label, marker=one.marker, markersize=3.5)
        axis.set_title(f"row {names[i]}")
        name_columns(axis, columns, arrays[0].shape[1])
    fig.supylabel(label, fontsize=10)
    one_legend(fig, axes[0, 0])
    return fig


def one_legend(fig: Figure, axis: Any) -> None:
    """One legend above all panels, which show the same series."""
    fig.legend(*axis.get_legend_handles_labels(), loc="outside upper right", ncols=2, frameon=False)


def samples(x: np.ndarray, originals: np.ndarray | None, columns: Names = None) -> Figure:
    """Generated vectors `(n, columns)`, beside rows of the data if these are given."""
    series = [Series("samples from the prior", x, PALETTE[0])]
    if originals is not None:
        rows = np.linspace(0, len(originals) - 1, min(len(x), len(originals))).astype(int)
        series.append(Series("rows of the data", originals[rows], PALETTE[6]))
    if isinstance(columns, Signal):
        return signals.columns_of_rows(series, columns)
    if x.shape[1] <= FEW_COLUMNS:
        fig, axes = panels(x.shape[1], columns)
        for column, axis in enumerate(axes):
            strips(axis, series, column)
        one_legend(fig, axes[0])
        return fig
    # Evenly spaced rows, since those of the data may be sorted by class.
    shown = [one._replace(values=one.values[:: -(-len(one.values) // ROWS_IN_A_MAP)]) for one in series]
    return heat_maps(shown, columns=columns)


def generated(
    x: np.ndarray,
    title: str,
    originals: np.ndarray,
    names: Sequence[str],
    ordered: bool,
    columns: Names = None,
) -> Figure:
    """Generated vectors `(n, columns)`, `ordered` or not, with their originals and the `names` of these."""
    if isinstance(columns, Signal):
        return signals.columns_of_rows([Series(title, np.concatenate([originals, x]))], columns, names)
    if x.shape[1] > FEW_COLUMNS:
        step = -(-len(x) // (2 * ROWS_IN_A_MAP - len(names)))
        shown = np.concatenate([originals, x[::step]])
        blank = [""] * (len(shown) - len(names))
        return heat_maps([Series(title, shown)], [*names, *blank], columns=columns)
    fig, axes = panels(x.shape[1], columns)
    series = Series(title, x)
    for column, axis in enumerate(axes):
        if ordered:
            dots(axis, [series], column)
            axis.set_xlabel("step")
            whole_numbers(axis)
        else:
            strips(axis, [series], column)
        for name, row, color in zip(names, originals, (PALETTE[6], PALETTE[3]), strict=False):
            axis.axhline(row[column], color=color, linewidth=1, label=name)
    one_legend(fig, axes[0])
    return fig


def traversal(decoded: np.ndarray, dimensions: np.ndarray, steps: Sequence[str], columns: Names = None) -> Figure:
    """Decoded vectors along latent dimensions, `(len(dimensions), len(steps), columns)`: a panel per dimension."""
    if isinstance(columns, Signal):
        return signals.traversal(decoded, dimensions, steps, columns)
    together, label = on_one_scale(*decoded)
    across = min(3, len(dimensions))
    down = math.ceil(len(dimensions) / across)
    height = 2.1 + room_for(columns)
    fig, axes = figure(3.6 * across + 1, height * down + 0.5, down, across)
    low, high = float(np.min(together)), float(np.max(together))
    for axis in axes.flat[len(dimensions) :]:
        axis.set_axis_off()
    for axis, rows, number in zip(axes.flat, together, dimensions, strict=False):
        style: Any = {"vmin": low, "vmax": high, "aspect": "auto", "interpolation": "nearest"}
        shown = axis.imshow(rows, cmap="viridis", **style)
        axis.set_yticks(range(len(steps)), steps, fontsize=8)
        axis.set_title(f"dimension {number}")
        axis.spines[:].set_visible(False)
        name_columns(axis, columns, rows.shape[1])
    fig.colorbar(shown, ax=axes.ravel().tolist(), label=label, pad=0.01, fraction=0.04, aspect=30)
    return fig


def components(decoded: np.ndarray, titles: Sequence[str], columns: Names = None) -> Figure:
    """Decoded means of components `(K, columns)`, each with its title."""
    series = Series("decoded means of the components", decoded)
    if isinstance(columns, Signal):
        return signals.columns_of_rows([series], columns, titles)
    if decoded.shape[1] <= FEW_COLUMNS:
        fig, axes = panels(decoded.shape[1], columns)
        for column, axis in enumerate(axes):
            dots(axis, [series], column)
            axis.set_xlabel("component")
            whole_numbers(axis)
            if len(titles) <= ROWS_IN_A_MAP:
                axis.set_xticks(range(len(titles)), titles, rotation=90, fontsize=8)
        return fig
    return heat_maps([series], titles, "component", columns)


def heat_maps(
    series: Sequence[Series], names: Sequence[str] | None = None, what: str = "", columns: Names = None
) -> Figure:
    """Heat maps of vectors, one map per series, on one scale; `names` are those of the rows."""
    n = len(series[0].values)
    height = min(8, (0.12 if names is None else 0.19) * n) + 0.75 + room_for(columns)
    fig, axes = figure(9, len(series) * height, len(series), 1)
    arrays, label = on_one_scale(*(one.values for one in series))
    low, high = min(array.min() for array in arrays), max(array.max() for array in arrays)
    for axis, one, array in zip(axes[:, 0], series, arrays, strict=True):
        style: Any = {"vmin": low, "vmax": high, "aspect": "auto", "interpolation": "nearest"}
        shown = axis.imshow(array, cmap="viridis", **style)
        axis.set(title=one.label, ylabel=what, yticks=[])
        axis.spines[:].set_visible(False)
        name_columns(axis, columns, array.shape[1])
        if names is not None and n <= MANY_NAMES:
            axis.set_yticks(range(n), names[:n], fontsize=8)
    for axis in axes[:-1, 0]:
        axis.set_xlabel("")
    fig.colorbar(shown, ax=axes[:, 0].tolist(), label=label, pad=0.01, fraction=0.04, aspect=30)
    return fig
