"""A grid of a table's columns by its columns, coloured by a number from -1 to 1."""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import figure
from kvae.plots.text import plain

# The most columns of a grid, and the most with the numbers written in the cells.
MOST_COLUMNS, WRITTEN = 40, 14
LONGEST_NAME = 18


def column_grid(
    found: np.ndarray,
    names: Sequence[str],
    colours: str,
    limits: tuple[float, float],
    ink: Callable[[float], str],
    brackets: bool = False,
) -> Figure:
    """A heat map of `found` `(n_columns, n_columns)`, NaN where there is nothing.

    Args:
        found: The numbers.
        names: The names of the columns.
        colours: The name of a colour map of matplotlib.
        limits: The numbers at the ends of the colour map; numbers below the first have its colour.
        ink: Gives the text colour for a number.
        brackets: Whether numbers on the diagonal are in brackets, as they mean something else.
    """
    m = len(names)
    side = 2.4 + (0.42 if m <= WRITTEN else 0.24) * m
    fig, axes = figure(side + 0.8, side)
    axis, cmap = axes[0, 0], matplotlib.colormaps[colours].with_extremes(bad="#eeeeee")
    image = axis.imshow(found, vmin=limits[0], vmax=limits[1], cmap=cmap, interpolation="none")
    short, size = [plain(name, LONGEST_NAME) for name in names], 8 if m <= WRITTEN else 6
    axis.set_xticks(range(m), short, rotation=90, fontsize=size)
    axis.set_yticks(range(m), short, fontsize=size)
    axis.tick_params(length=0)
    style: Any = {"ha": "center", "va": "center", "fontsize": 7}
    for row, column in np.argwhere(np.isfinite(found)) if m <= WRITTEN else ():
        value = found[row, column]
        text = f"{value:.2f}".removeprefix("0") if value < 0.995 else "1"
        text = f"({text})" if brackets and row == column else text
        axis.text(column, row, text, color=ink(value), **style)
    fig.colorbar(image, ax=axis, shrink=0.7, extend="min" if limits[0] > 0 else "neither")
    return fig
