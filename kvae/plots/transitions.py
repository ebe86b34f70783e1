"""The transitions of a Markov chain."""

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.style import figure
from kvae.runs.captions import Caption, shows

# In larger tables the probabilities would be too small to read: only colours show them.
MANY_CELLS = 400


@shows(
    transitions=Caption(
        "Transitions",
        "How probable each class is after each other class: a row sums to 1.",
        "Table of transition probabilities",
        place=105,
    )
)
def transitions(probabilities: np.ndarray) -> Figure:
    """Transition probabilities `(K, K)`: row j holds those of the class after class j."""
    k = len(probabilities)
    size = min(14, 2.0 + 0.42 * k)
    fig, axes = figure(size + 0.8, size)
    axis = axes[0, 0]
    image = axis.imshow(probabilities, cmap="Blues", vmin=0, vmax=1)
    for (i, j), p in np.ndenumerate(probabilities if probabilities.size <= MANY_CELLS else probabilities[:0]):
        if p >= 0.005:
            axis.text(j, i, f"{p:.2f}".lstrip("0"), ha="center", va="center", fontsize=7,
                      color="white" if p > 0.6 else "black")  # fmt: skip
    step = -(-k // 30)
    axis.set(xlabel="next class", ylabel="class", xticks=range(0, k, step), yticks=range(0, k, step))
    fig.colorbar(image, ax=axis, label="probability")
    return fig
