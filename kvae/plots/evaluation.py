"""The latent dimensions of a VAE: their KL, and their effect on the decoded observation."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kvae.plots import vectors
from kvae.plots.observations import is_image, show_image
from kvae.plots.style import PALETTE, figure
from kvae.runs.captions import Caption, shows

UNUSED = "#bbbbbb"


@shows(
    kl_per_dim=Caption(
        "KL per latent dimension",
        "How much each dimension tells about an observation, the largest first. Dimensions near 0 carry nothing.",
        "Bar chart of the KL divergence of each latent dimension",
        place=60,
    )
)
def kl_per_dim(kl: np.ndarray, active: np.ndarray) -> Figure:
    """KL of every latent dimension in nats, `(latent_dim,)`, the largest first; the `active` ones are coloured."""
    order = np.argsort(-kl, kind="stable")
    fig, axes = figure(min(12.0, 4.5 + 0.22 * len(kl)), 3.4)
    axis = axes[0, 0]
    axis.bar(range(len(kl)), kl[order], color=[PALETTE[0] if on else UNUSED for on in active[order]])
    axis.set(xlabel="latent dimension, by its KL", ylabel="KL (nats per observation)")
    axis.set_title(f"{int(active.sum())} of {len(kl)} dimensions are active")
    step = math.ceil(len(kl) / 50)
    axis.set_xticks(range(0, len(kl), step), [str(number) for number in order[::step]], fontsize=8)
    if len(kl) > 20:
        axis.tick_params(axis="x", labelrotation=90)
    names = [(PALETTE[0], "active"), (UNUSED, "unused")]
    marks = [Line2D([], [], color=color, marker="s", linestyle="", label=name) for color, name in names]
    fig.legend(handles=marks, frameon=False, loc="outside right upper")
    return fig


@shows(
    traversal=Caption(
        "Traversal",
        "One latent dimension changes at a time, in standard deviations of the codes from the mean code; the "
        "others are constant.",
        "Rows of observations, each along one latent dimension",
        place=70,
    )
)
def traversal(
    decoded: np.ndarray, dimensions: np.ndarray, steps: np.ndarray, columns: Sequence[str] | None = None
) -> Figure:
    """The decoded observations along latent dimensions.

    Args:
        decoded: Means of p(x|z) in the data's own units, `(len(dimensions), len(steps), *data_shape)`.
        dimensions: The numbers of the dimensions; each has a row or a panel.
        steps: Distances from the mean code, in standard deviations of the aggregate posterior.
        columns: Names of a table's columns.
    """
    if is_image(decoded.shape[2:]):
        return image_traversal(decoded, dimensions, steps)
    flat = decoded.reshape(len(dimensions), len(steps), -1)
    return vectors.traversal(flat, dimensions, [step_name(step) for step in steps], columns)


def step_name(step: float) -> str:
    """A distance from the mean code in words."""
    return f"{step:+.0f} sd" if step else "mean"


def image_traversal(decoded: np.ndarray, dimensions: np.ndarray, steps: np.ndarray) -> Figure:
    """A row of images per dimension."""
    fig, axes = figure(0.8 * len(steps) + 1.2, 0.8 * len(dimensions) + 0.7, len(dimensions), len(steps))
    low, high = float(decoded.min()), float(decoded.max())
    for row, images, number in zip(axes, decoded, dimensions, strict=True):
        for axis, image in zip(row, images, strict=True):
            show_image(axis, image, low, high)
        row[0].set_ylabel(f"dim {number}", rotation=0, ha="right", va="center", fontsize=9)
    for axis, step in zip(axes[-1], steps, strict=True):
        axis.set_xlabel(step_name(step), fontsize=8)
    return fig
