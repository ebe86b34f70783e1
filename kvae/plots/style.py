"""One style for all pictures: readable, without clipped text, told apart with any colour vision."""

from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Okabe and Ito (2008): told apart with any colour vision. Two more extend it to ten classes.
PALETTE = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9",
    "#CC79A7", "#000000", "#F0E442", "#882255", "#999999",
)  # fmt: skip
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=PALETTE),
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
}


def figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, np.ndarray]:
    """A figure of a size in inches and its axes, `(rows, columns)`, in the house style.

    It belongs to nobody but its caller: pyplot would keep every figure of a sweep in memory.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(width, height))
        axes = fig.subplots(rows, columns, squeeze=False)
    return fig, axes


def whole_numbers(axis: Any) -> None:
    """Put ticks of the horizontal axis on whole numbers only."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
