"""Signs on which agents agree: what each agent decodes from them, and the agreement by round."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.observations import is_image, show_image
from kvae.plots.style import PALETTE, figure, whole_numbers
from kvae.runs.captions import Caption, shows


@shows(
    recalled=Caption(
        "What agents recall from signs",
        "A row per agent, a column per sign: the decoded mean code of the objects that the agent calls so.",
        "Decoded observations of every sign and agent",
        place=85,
    )
)
def recalled(decoded: Sequence[np.ndarray], agents: Sequence[str], sizes: np.ndarray) -> Figure:
    """Decoded means of the objects of every sign.

    Args:
        decoded: The decoded means of every agent, `(K, *data_shape)`.
        agents: The names of the agents.
        sizes: How many objects each agent calls so, `(A, K)`.
    """
    k = sizes.shape[1]
    if all(is_image(one.shape[1:]) for one in decoded):
        fig, axes = figure(0.9 * k + 1.3, 1.25 * len(decoded) + 0.2, len(decoded), k)
        for row, images, name, counts in zip(axes, decoded, agents, sizes, strict=True):
            for sign, axis in enumerate(row):
                show_image(axis, images[sign], float(images.min()), float(images.max()))
                axis.set_title(f"{sign}: {counts[sign]:,}", fontsize=8)
            row[0].set_ylabel(name, rotation=0, ha="right", va="center")
        return fig
    fig, axes = figure(7, 0.25 * k * len(decoded) + 1.2, len(decoded), 1)
    for axis, values, name in zip(axes[:, 0], decoded, agents, strict=True):
        shown = axis.imshow(values.reshape(k, -1), aspect="auto", cmap="Blues")
        axis.set(ylabel=f"{name}: sign", xlabel="column")
        whole_numbers(axis)
        fig.colorbar(shown, ax=axis)
    return fig


@shows(
    naming=Caption(
        "Agreement of the agents by round",
        "Kappa of the agents' signs after each round's game; kappa of the signs that they would give from their "
        "own observations alone; and the share of proposed signs that were accepted.",
        "Line chart of kappa and acceptance by round",
        "curves",
        place=25,
    )
)
def naming(rows: Sequence[dict[str, float]]) -> Figure:
    """Kappa, kappa of the agents' own views, and acceptance, over the rounds."""
    fig, axes = figure(5, 3.2)
    axis = axes[0, 0]
    for name, color in zip(("kappa", "kappa_alone", "acceptance"), PALETTE, strict=False):
        there = [row for row in rows if name in row]
        values = [row[name] for row in there]
        axis.plot([row["round"] for row in there], values, color=color, label=name.replace("_", " "), marker="o")
    axis.set(xlabel="round", ylabel="agreement (1: the same signs)", title="signs of the agents")
    axis.legend(frameon=False)
    whole_numbers(axis)
    return fig
