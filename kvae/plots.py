"""The pictures of a run, in one style. Every function gives a matplotlib figure; none draws random numbers."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.optimize import linear_sum_assignment

from kvae.metrics import confusion as confusion_table

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
MANY_POINTS = 10_000
COLUMNS = 10


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


def loss_curve(rows: list[dict[str, float]]) -> Figure:
    """Loss, reconstruction and kl against the iteration, learning and held-out rows."""
    fig, axes = figure(9, 3.2, 1, 3)
    iteration = [row["iteration"] for row in rows]
    for axis, name in zip(axes[0], ("loss", "reconstruction", "kl"), strict=True):
        curves = {key: [row[key] for row in rows] for key in (name, f"val_{name}") if key in rows[0]}
        for (key, values), color in zip(curves.items(), PALETTE, strict=False):
            label = "held-out rows" if key.startswith("val_") else "learning rows"
            axis.plot(iteration, values, color=color, label=label, marker="o" if len(rows) == 1 else None)
        axis.set(title=name, xlabel="iteration", ylabel="nats per observation")
        whole_numbers(axis)
        finite = np.concatenate([np.asarray(values)[len(values) // 20 :] for values in curves.values()])
        finite = finite[np.isfinite(finite)]
        if finite.size:  # the first steep drop would press the rest of the curve flat
            low, high = finite.min(), finite.max()
            margin = 0.05 * (high - low) or 1.0
            axis.set_ylim(low - margin, high + margin)
    axes[0, 0].legend(frameon=False)
    return fig


def is_image(shape: tuple[int, ...]) -> bool:
    """Whether observations of this shape can be shown as pictures."""
    return len(shape) == 3 and shape[2] in (1, 3)


def show_image(axis: Any, image: np.ndarray, low: float, high: float) -> None:
    """Draw one image `(height, width, channels)` on an axis without ticks."""
    shown = np.clip((image - low) / (high - low or 1.0), 0, 1)
    axis.imshow(shown[..., 0] if shown.shape[-1] == 1 else shown, cmap="gray_r", vmin=0, vmax=1)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def reconstructions(x: np.ndarray, x_hat: np.ndarray, rows: Sequence[int]) -> Figure:
    """Originals over their reconstructions: images, or the columns of vectors as lines, titled by `rows`."""
    n = min(COLUMNS, len(x))
    if is_image(x.shape[1:]):
        fig, axes = figure(0.9 * n + 1.3, 2.2, 2, n)
        for axes_row, images, label in ((axes[0], x, "original"), (axes[1], x_hat, "reconstruction")):
            for axis, image in zip(axes_row, images, strict=False):
                show_image(axis, image, float(x.min()), float(x.max()))
            axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
        return fig
    n = min(6, len(x))
    columns = np.arange(x[0].size)
    fig, axes = figure(9, 1.7 * math.ceil(n / 2) + 0.4, math.ceil(n / 2), min(2, n))
    marker = "o" if columns.size <= 40 else None
    for i, axis in enumerate(axes.flat):
        if i >= n:
            axis.set_axis_off()
            continue
        axis.plot(columns, x[i].ravel(), color=PALETTE[6], label="original", marker=marker, markersize=3)
        axis.plot(columns, x_hat[i].ravel(), color=PALETTE[3], label="reconstruction", marker=marker, markersize=3)
        axis.set(xlabel="column", ylabel="value", title=f"row {rows[i]}")
        whole_numbers(axis)
    axes[0, 0].legend(frameon=False, fontsize=8)
    return fig


def samples(x: np.ndarray, low: float, high: float) -> Figure:
    """Generated observations: a sheet of images, or vectors as lines; `low` and `high` bound the grey scale."""
    if is_image(x.shape[1:]):
        rows = math.ceil(len(x) / COLUMNS)
        fig, axes = figure(0.9 * COLUMNS, 0.9 * rows, rows, COLUMNS)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, image in zip(axes.flat, x, strict=False):
            show_image(axis, image, low, high)
        return fig
    fig, axes = figure(7, 3.5)
    for row, color in zip(x[: len(PALETTE)], PALETTE, strict=False):
        axes[0, 0].plot(row.ravel(), color=color, marker="o" if row.size <= 40 else None, markersize=3)
    axes[0, 0].set(xlabel="column", ylabel="value", title="samples from the prior")
    whole_numbers(axes[0, 0])
    return fig


def latent_map(z: np.ndarray, labels: np.ndarray | None = None) -> Figure:
    """Latent codes `(n, latent_dim)` in the plane (their first two principal components when there are more).

    Points are coloured by `labels` where there are at most ten classes of them. Of more than 10,000 codes
    evenly spread ones are shown.
    """
    step = max(1, len(z) // MANY_POINTS)
    z, labels = z[::step], None if labels is None else labels[::step]
    points, names = in_the_plane(z)
    fig, axes = figure(6.2, 5)
    axis = axes[0, 0]
    classes = [] if labels is None else list(np.unique(labels))
    size = 12 if len(z) < 2000 else 4
    if 1 <= len(classes) <= len(PALETTE):
        for value, color in zip(classes, PALETTE, strict=False):
            chosen = points[labels == value]
            axis.scatter(chosen[:, 0], chosen[:, 1], s=size, color=color, label=str(value), linewidths=0)
        axis.legend(frameon=False, title="label", loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2)
    elif labels is not None and labels.dtype.kind in "if":
        marks = axis.scatter(points[:, 0], points[:, 1], s=size, c=labels, cmap="cividis", linewidths=0)
        fig.colorbar(marks, ax=axis, label="label")
    else:
        axis.scatter(points[:, 0], points[:, 1], s=size, color=PALETTE[0], linewidths=0)
    axis.set(xlabel=names[0], ylabel=names[1], title="latent codes (posterior means)")
    return fig


def components(decoded: np.ndarray, sizes: np.ndarray) -> Figure:
    """The decoded means of a mixture's components `(K, *data_shape)`, titled by how many rows each has."""
    titles = [f"{k}: {size:,} rows" for k, size in enumerate(sizes)]
    if is_image(decoded.shape[1:]):
        columns = min(5, len(decoded))
        rows = math.ceil(len(decoded) / columns)
        fig, axes = figure(1.5 * columns, 1.7 * rows, rows, columns)
        for axis in axes.flat:
            axis.set_axis_off()
        for axis, image, title in zip(axes.flat, decoded, titles, strict=False):
            show_image(axis, image, float(decoded.min()), float(decoded.max()))
            axis.set_title(title, fontsize=9)
        return fig
    fig, axes = figure(7, 3.5)
    for number, (row, title) in enumerate(zip(decoded, titles, strict=True)):
        color = PALETTE[number % len(PALETTE)]
        axes[0, 0].plot(
            row.ravel(), color=color, label=title, marker="o" if row.size <= 40 else None, markersize=3
        )
    axes[0, 0].set(xlabel="column", ylabel="value", title="decoded means of the components")
    axes[0, 0].legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    whole_numbers(axes[0, 0])
    return fig


def rounds(rows: list[dict[str, float]]) -> Figure:
    """Accuracy, nmi and ari of the mixture over the rounds of a message loop."""
    fig, axes = figure(5, 3.2)
    axis = axes[0, 0]
    for name, color in zip(("accuracy", "nmi", "ari"), PALETTE, strict=False):
        axis.plot([row["round"] for row in rows], [row[name] for row in rows], color=color, label=name, marker="o")
    axis.set(xlabel="round", ylabel="agreement with the labels", title="classes against labels")
    axis.legend(frameon=False)
    whole_numbers(axis)
    return fig


def confusion(classes: np.ndarray, labels: np.ndarray) -> Figure:
    """Counts of labels by classes, with the classes in the order that matches the labels best."""
    table, class_names, label_names = confusion_table(classes, labels)
    matched = linear_sum_assignment(-table.T)[1]
    order = [*matched, *(k for k in range(len(class_names)) if k not in matched)]
    table, class_names = table[order], class_names[order]
    fig, axes = figure(1.6 + 0.45 * len(class_names), 1.4 + 0.4 * len(label_names))
    axis = axes[0, 0]
    axis.imshow(table.T, cmap="Blues", aspect="auto")
    for (i, j), count in np.ndenumerate(table):
        if count:
            axis.text(i, j, f"{count}", ha="center", va="center", fontsize=7,
                      color="white" if count > 0.6 * table.max() else "black")  # fmt: skip
    axis.set_xticks(range(len(class_names)), [str(name) for name in class_names])
    axis.set_yticks(range(len(label_names)), [str(name) for name in label_names])
    axis.set(xlabel="class of the mixture", ylabel="label")
    return fig


def in_the_plane(z: np.ndarray) -> tuple[np.ndarray, tuple[str, str]]:
    """Codes as points `(n, 2)` and what the two axes are."""
    if z.shape[1] == 1:
        return np.column_stack([z[:, 0], np.arange(len(z))]), ("dimension 0", "row")
    if z.shape[1] == 2 or len(z) < 3:
        return z[:, :2], ("dimension 0", "dimension 1")
    from sklearn.decomposition import PCA

    pca = PCA(n_components=2, svd_solver="full").fit(z)
    share = pca.explained_variance_ratio_
    first, second = (f"principal component {i + 1} ({share[i]:.0%} of the variance)" for i in range(2))
    return pca.transform(z), (first, second)
