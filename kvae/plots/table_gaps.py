"""Missing values of a table, by column and by pattern."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from kvae.data.inspection import GapPatterns
from kvae.plots.style import PALETTE, figure
from kvae.plots.text import plain
from kvae.runs.captions import Caption, shows

LONGEST_NAME = 20


@shows(
    gaps=Caption(
        "Missing values",
        "Above: how many values of each column are missing. Below: the most frequent patterns, a row each, with "
        "how many rows of the table have it; dark is missing.",
        "Bars of missing values per column over a grid of patterns of missing values",
        place=30,
    )
)
def table_gaps(gaps: GapPatterns) -> Figure:
    """Missing values per column, above the most frequent patterns of missing values."""
    n, m = gaps.patterns.shape
    fig, axes = figure(min(14.0, 3.6 + 0.32 * m), 2.4 + 0.24 * n, 2, 1)
    above, below = axes[:, 0]
    above.bar(range(m), gaps.missing, color=PALETTE[3])
    above.set(xlim=(-0.5, m - 0.5), ylabel="missing")
    above.set_xticks([])
    for place, count in enumerate(gaps.missing):
        text = f"{100 * count / gaps.n_rows:.0f}%" if m <= 20 else ""
        above.annotate(text, (place, count), ha="center", va="bottom", fontsize=7)
    below.imshow(gaps.patterns, aspect="auto", cmap=ListedColormap(["#e8e8e8", PALETTE[3]]), vmin=0, vmax=1)
    below.set_xticks(range(m), [plain(name, LONGEST_NAME) for name in gaps.names], rotation=90, fontsize=8)
    below.set_yticks(range(n), [rows_of(int(count), gaps.n_rows) for count in gaps.counts], fontsize=8)
    below.set_yticks(np.arange(n + 1) - 0.5, minor=True)
    below.set_xticks(np.arange(m + 1) - 0.5, minor=True)
    below.grid(which="minor", color="white", linewidth=1)
    below.tick_params(which="both", length=0)
    if gaps.n_patterns > n:
        below.set_ylabel(f"{gaps.n_patterns - n:,} more are not shown", fontsize=8)
    return fig


def rows_of(count: int, n: int) -> str:
    """How many rows have a pattern."""
    return f"{count:,} rows ({100 * count / n:.1f}%)"
