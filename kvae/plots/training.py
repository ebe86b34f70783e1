"""The course of training: losses by iteration, agreement with labels by round."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import PALETTE, figure, whole_numbers
from kvae.runs.captions import Caption, shows


@shows(
    loss=Caption(
        "Learning curves",
        "Loss and its two terms by iteration; the axis leaves out the first steep fall. Flat curves mean that "
        "training has converged; a held-out curve that rises again means overfitting.",
        "Line charts of the loss, the reconstruction and the KL divergence by iteration",
        "curves",
        place=10,
    )
)
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
        if finite.size:  # with the first steep drop, the rest of the curve would look flat
            low, high = finite.min(), finite.max()
            margin = 0.05 * (high - low) or 1.0
            axis.set_ylim(low - margin, high + margin)
    axes[0, 0].legend(frameon=False)
    return fig


@shows(
    rounds=Caption(
        "Agreement with the labels by round",
        "How well the classes of the mixture agree with the labels, which learning does not see, after each round "
        "of messages.",
        "Line chart of accuracy, NMI and ARI by round",
        "curves",
        place=20,
    )
)
def rounds(rows: list[dict[str, float]]) -> Figure:
    """Accuracy, nmi and ari of the mixture over the rounds of a message loop."""
    fig, axes = figure(5, 3.2)
    axis = axes[0, 0]
    for name, color in zip(("accuracy", "nmi", "ari"), PALETTE, strict=False):
        axis.plot([row["round"] for row in rows], [row[name] for row in rows], color=color, label=name, marker="o")
    axis.set(xlabel="round", ylabel="agreement (1: the same groups)", title="classes against labels")
    axis.legend(frameon=False)
    whole_numbers(axis)
    return fig


@shows(
    accuracy=Caption(
        "Accuracy of every module by round",
        "How well each module's classes agree with the labels, which learning does not see. In the first round, "
        "lower modules have no message yet; what they gain later comes from the modules above.",
        "Line chart of the accuracy of every module by round",
        "curves",
        place=15,
    )
)
def accuracy(rows: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Accuracy of modules over the rounds; different marks keep lines visible that coincide.

    Args:
        rows: By module name, a row per round with `round` and `accuracy`.
    """
    fig, axes = figure(5, 3.2)
    axis = axes[0, 0]
    marks = zip(rows.items(), itertools.cycle(PALETTE), itertools.cycle("os^Dv"), strict=False)
    for place, ((name, measured), color, mark) in enumerate(marks):
        values = [row["accuracy"] for row in measured]
        look: Any = {"color": color, "marker": mark, "markersize": max(4, 9 - 2 * place), "label": name}
        axis.plot([row["round"] for row in measured], values, **look)
    axis.set(xlabel="round", ylabel="accuracy", title="classes of every module")
    axis.legend(frameon=False)
    whole_numbers(axis)
    return fig
