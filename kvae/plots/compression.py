"""Bits per observation, the observations with the fewest and the most, and the bits of other compressors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.columns import name_columns, on_one_scale, room_for
from kvae.plots.observations import is_image, show_image
from kvae.plots.style import PALETTE, figure
from kvae.plots.vectors import vectors
from kvae.runs.captions import Caption, shows

ENDS = 5  # observations from each end that are shown
NAME_WIDTH = 18


@shows(
    bits=Caption(
        "Bits per observation",
        "How many bits each observation takes in the archive, and those that take the fewest and the most.",
        "Histogram of bits per observation, beside the observations with the fewest and the most bits",
        place=140,
    )
)
def bits_per_row(
    bits: np.ndarray,
    promise: float,
    cheap: np.ndarray,
    dear: np.ndarray,
    names: Sequence[int | str],
    columns: Sequence[str] | None = None,
) -> Figure:
    """A histogram of bits, beside the observations with the fewest and the most.

    Args:
        bits: Net bits of every observation, `(n,)`.
        promise: The mean negative evidence lower bound, in bits per observation.
        cheap, dear: The `k` observations with the fewest and with the most bits, the extreme ones first,
            `(k, *data_shape)` in the data's units.
        names: Numbers or ids of those in `cheap`, then of those in `dear`.
        columns: Names of a table's columns.
    """
    order = np.argsort(bits, kind="stable")
    k = len(cheap)
    ends = np.concatenate([bits[order[:k]], bits[order[::-1][:k]]])
    titles = [f"{short(name)}\n{value:,.0f} bits" for name, value in zip(names, ends, strict=True)]
    if not is_image(cheap.shape[1:]):
        return beside_rows(
            bits, promise, np.concatenate([cheap, dear]), [t.replace("\n", ": ") for t in titles], columns
        )
    fig, axes = figure(6.2 + 1.05 * k, 3.4, 2, k + 1)
    panel = joined(fig, axes[:, 0], 4.2 / 1.05, k)
    histogram(panel, bits, promise)
    low, high = (float(of(np.concatenate([cheap, dear]))) for of in (np.min, np.max))
    for row, images, label, first in ((axes[0], cheap, "fewest", 0), (axes[1], dear, "most", k)):
        for place, (axis, image) in enumerate(zip(row[1:], images, strict=True)):
            show_image(axis, image, low, high)
            axis.set_title(titles[first + place], fontsize=7)
        row[1].set_ylabel(label)
    return fig


def joined(fig: Figure, column: np.ndarray, width: float, others: int) -> Any:
    """One axis in place of a column of axes, `width` times as wide as each other column."""
    grid = column[0].get_gridspec()
    grid.set_width_ratios([width, *[1.0] * others])
    for axis in column:
        axis.remove()
    return fig.add_subplot(grid[:, 0])


def beside_rows(
    bits: np.ndarray, promise: float, x: np.ndarray, titles: Sequence[str], columns: Sequence[str] | None
) -> Figure:
    """The histogram above a heat map of some rows; each column has its own scale if ranges differ too much."""
    flat = vectors(x)
    (values,), label = on_one_scale(flat)
    fig, axes = figure(8, 5.2 + room_for(columns), 2, 1)
    histogram(axes[0, 0], bits, promise)
    axis = axes[1, 0]
    shown = axis.imshow(values, aspect="auto", cmap="viridis", interpolation="nearest")
    axis.set_yticks(range(len(titles)), titles, fontsize=7)
    axis.axhline(len(titles) / 2 - 0.5, color="white", linewidth=2)
    axis.spines[:].set_visible(False)
    name_columns(axis, columns, flat.shape[1])
    axis.set_title("the rows that take the fewest bits, and those that take the most", fontsize=10)
    fig.colorbar(shown, ax=axis, label=label)
    return fig


def histogram(axis: Any, bits: np.ndarray, promise: float) -> None:
    """Draw a histogram of bits, with their mean and the bound."""
    n_bins = int(np.clip(np.sqrt(len(bits)), 10, 60))
    axis.hist(bits, n_bins, color=PALETTE[0], alpha=0.6)
    axis.axvline(float(bits.mean()), color=PALETTE[6], label=f"mean {bits.mean():,.1f}")
    axis.axvline(promise, color=PALETTE[3], linestyle="--", label=f"negative ELBO {promise:,.1f}")
    axis.set(xlabel="bits per observation (net)", ylabel="observations")
    axis.legend(frameon=False, fontsize=8)


def short(name: int | str) -> str:
    """The end of a name without its folders, cut to fit above an image."""
    text = str(name).rpartition("/")[2] or str(name) if isinstance(name, str) else f"row {name}"
    return text if len(text) <= NAME_WIDTH else f"…{text[1 - NAME_WIDTH :]}"


@shows(
    compressors=Caption(
        "Compared with other compressors",
        "Bits per dimension of the whole archive, and of general-purpose compressors and image formats for the "
        "same values, each at its strongest setting.",
        "Bar chart of bits per dimension by compressor",
        place=145,
    )
)
def compressors(ours: Mapping[str, float], others: Mapping[str, float]) -> Figure:
    """Bars of bits per dimension, the smallest first.

    Args:
        ours: Bits per dimension of the archive by name, such as with and without the model inside.
        others: Bits per dimension of other compressors, by name.
    """
    bars = sorted({**ours, **others}.items(), key=lambda one: one[1])
    fig, axes = figure(7, 1.3 + 0.34 * len(bars))
    axis = axes[0, 0]
    names, values = [name for name, _ in bars], [value for _, value in bars]
    drawn = axis.barh(range(len(bars)), values, color=[PALETTE[0] if n in ours else PALETTE[9] for n in names])
    axis.bar_label(drawn, [f"{value:.3f}" for value in values], padding=4)
    axis.set_yticks(range(len(bars)), names)
    axis.invert_yaxis()
    axis.set(xlabel="bits per dimension")
    axis.margins(x=0.12)
    return fig
