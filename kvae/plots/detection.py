"""Anomaly scores, and the observations with the highest scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.plots import vectors
from kvae.plots.observations import image_pairs, is_image, middles
from kvae.plots.style import PALETTE, figure
from kvae.runs.captions import Caption, shows

# Scores more than so many interquartile ranges above the third quartile share the last bar.
FAR = 5.0
# Characters of a name above an image.
NAME_WIDTH = 14


@shows(
    scores=Caption(
        "Anomaly scores",
        "The scores of the rows, and of those that set the threshold if these are others. Rows with scores above "
        "the threshold are flagged.",
        "Histograms of anomaly scores with the threshold",
        place=120,
    )
)
def score_histogram(
    scores: np.ndarray,
    threshold: float,
    truth: np.ndarray | None = None,
    others: tuple[str, np.ndarray] | None = None,
) -> Figure:
    """Densities of scores, with the threshold.

    If `truth` `(n,)` tells which scored rows are anomalies, these and the others have a histogram each. `others`
    are the name and the scores of rows that are drawn beside them. Scores far above the rest are counted in the
    last bin.
    """
    groups = [] if others is None else [(*others, PALETTE[9])]
    if truth is None:
        groups.append(("scored rows", scores, PALETTE[0]))
    else:
        groups += [
            ("scored, normal", scores[~truth], PALETTE[0]),
            ("scored, anomalies", scores[truth], PALETTE[3]),
        ]
    groups = [group for group in groups if len(group[1])]
    low = min(float(values.min()) for _, values, _ in groups)
    pooled = np.concatenate([values for _, values, _ in groups])
    first, third = np.quantile(pooled, (0.25, 0.75))
    high = max(threshold, min(float(pooled.max()), third + FAR * (third - first)))
    n_bins = int(np.clip(np.sqrt(min(len(values) for _, values, _ in groups)), 15, 60))
    bins = np.linspace(low, high if high > low else low + 1.0, n_bins)
    fig, axes = figure(7, 3.6)
    axis = axes[0, 0]
    for name, values, color in groups:
        shown = np.clip(values, low, bins[-1])
        axis.hist(shown, bins, density=True, histtype="stepfilled", color=color, alpha=0.25)
        axis.hist(shown, bins, density=True, histtype="step", color=color, label=f"{name} ({len(values):,})")
    axis.axvline(threshold, color=PALETTE[6], linestyle="--", label=f"threshold {threshold:.2f}")
    cut = any(float(values.max()) > bins[-1] for _, values, _ in groups)
    axis.set(xlabel="anomaly score (nats)" + ("; larger scores are in the last bar" if cut else ""))
    axis.set(ylabel="share per nat", title="the further right, the more unusual")
    axis.legend(frameon=False, fontsize=8)
    return fig


@shows(
    anomalies=Caption(
        "The most anomalous observations",
        "The observations with the highest scores, and their reconstructions.",
        "Observations with high scores beside their reconstructions",
        place=130,
    )
)
def anomalies(
    x: np.ndarray,
    x_hat: np.ndarray,
    rows: Sequence[int | str],
    scores: np.ndarray,
    columns: Sequence[str] | None = None,
) -> Figure:
    """The most anomalous observations over their reconstructions, with their numbers or ids and scores in nats.

    `columns` are the names of a table's columns.
    """
    if not is_image(x.shape[1:]):
        flat, flat_hat = vectors.vectors(x), vectors.vectors(x_hat)
        if flat.shape[1] <= vectors.FEW_COLUMNS:
            fig = vectors.reconstructions(flat, flat_hat, rows, columns)
            fig.supxlabel(f"scores from {scores[0]:.1f} nats, the highest, to {scores[-1]:.1f}", fontsize=10)
            return fig
        names = [f"{row} ({score:.1f} nats)" for row, score in zip(rows, scores, strict=True)]
        return vectors.reconstructions(flat, flat_hat, names, columns)
    fig, axis = image_pairs(x, x_hat)
    named = [both_ends(row) if isinstance(row, str) else f"row {row}" for row in rows]
    places = middles(x.shape[2], x.shape[1:3], len(named))
    for place, name, score in zip(places, named, scores, strict=True):
        words: Any = {"textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 8}
        axis.annotate(f"{name}\n{score:.1f} nats", (place, -0.5), xytext=(0, 3), **words)
    return fig


def both_ends(name: str) -> str:
    """A name without its folders, cut in the middle to fit above an image: files differ at either end."""
    name = name.rpartition("/")[2] or name
    return name if len(name) <= NAME_WIDTH else f"{name[:5]}…{name[6 - NAME_WIDTH :]}"
