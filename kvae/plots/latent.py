"""Latent codes in the plane."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from kvae.plots.style import PALETTE, figure, legend
from kvae.plots.text import in_order, name_of, rows_with
from kvae.runs.captions import Caption, shows

MANY_POINTS = 10_000
LONGEST_NAME = 12
TITLE = "latent codes (posterior means)"
LINE = 0.055  # the height of a name, as a share of the map


@shows(
    latent=Caption(
        "Latent codes",
        "A point per observation at its posterior mean, in the first two principal components where there are "
        "more than two dimensions. Colours and names are the labels; learning uses them only where they are a "
        "learnt column of a table.",
        "Scatter plot of latent codes",
        place=100,
    ),
    latent_round1=Caption(
        "Latent codes after round 1",
        "The same map before the mixture had sent a message: compare how well the groups are separated.",
        "Scatter plot of latent codes after the first round",
        place=90,
    ),
)
def latent_map(z: np.ndarray, labels: np.ndarray | None = None, title: str = TITLE) -> Figure:
    """Latent codes `(n, latent_dim)` in the plane (their first two principal components when there are more).

    Points are coloured by `labels`, and the groups named, if there are at most ten different labels. Of more than
    10,000 codes, evenly spaced ones are shown.
    """
    step = max(1, len(z) // MANY_POINTS)
    z, labels = z[::step], None if labels is None else labels[::step]
    points, names = in_the_plane(z)
    fig, axes = figure(6.2, 5)
    axis = axes[0, 0]
    classes = [] if labels is None else list(in_order(labels))
    size = 12 if len(z) < 2000 else 4
    # The edge makes yellow points visible on white.
    edge: Any = {"linewidths": 0.25, "edgecolors": "#444444"} if len(z) < 2000 else {"linewidths": 0}
    if labels is not None and 1 <= len(classes) <= len(PALETTE):
        groups = [(name_of(value), points[rows_with(labels, value)]) for value in classes]
        marks = [
            axis.scatter(chosen[:, 0], chosen[:, 1], s=size, color=color, **edge)
            for (_, chosen), color in zip(groups, PALETTE, strict=False)
        ]
        name_groups(axis, groups)
        beside: Any = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "markerscale": 2}
        legend(axis, marks, [name for name, _ in groups], frameon=False, title="label", **beside)
    elif labels is not None and labels.dtype.kind in "if":
        marks = axis.scatter(points[:, 0], points[:, 1], s=size, c=labels, cmap="cividis", linewidths=0)
        fig.colorbar(marks, ax=axis, label="label")
    else:
        axis.scatter(points[:, 0], points[:, 1], s=size, color=PALETTE[0], linewidths=0)
        title += f"\n{len(classes)} labels, too many to colour" if classes else ""
    axis.set(xlabel=names[0], ylabel=names[1], title=title)
    return fig


def name_groups(axis: Any, groups: Sequence[tuple[str, np.ndarray]]) -> None:
    """Write short names at the medians of groups of points `(n, 2)`, to read the map without colours."""
    span = np.ptp(np.concatenate([points for _, points in groups]), axis=0)
    room = span * [0.12, LINE]  # for a name
    taken: list[np.ndarray] = []
    for name, points in groups:
        place = np.median(points, axis=0)
        for _ in taken:
            if any(np.all(np.abs(place - other) < room) for other in taken):
                place = place + room * np.array([0, 1])
        taken.append(place)
        halo = [withStroke(linewidth=2.5, foreground="white")]
        if len(name) <= LONGEST_NAME:
            axis.text(*place, name, ha="center", va="center", weight="bold", path_effects=halo)


def in_the_plane(z: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Codes as points `(n, 2)`, and the names of the two axes."""
    if z.shape[1] == 1:
        return np.column_stack([z[:, 0], np.arange(len(z))]), ("dimension 0", "row")
    if z.shape[1] == 2 or len(z) < 3:
        return z[:, :2], ("dimension 0", "dimension 1")
    from sklearn.decomposition import PCA

    pca = PCA(n_components=2, svd_solver="full").fit(z)
    share = pca.explained_variance_ratio_
    first, second = (f"principal component {i + 1} ({share[i]:.0%} of the variance)" for i in range(2))
    return pca.transform(z), (first, second)
