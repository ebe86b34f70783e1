"""Classes of a mixture against labels."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from kvae.metrics import confusion as confusion_table
from kvae.plots.style import figure
from kvae.plots.text import in_order, name_of, rows_with
from kvae.runs.captions import Caption, shows

# In larger tables the counts would be too small to read: only colours show them.
MANY_CELLS = 900
LONGEST_NAME = 16
MOST_NAMES = 60


@shows(
    confusion=Caption(
        "Classes against labels",
        "How many rows of each label are in each class. The order of the classes matches the labels best: a good "
        "clustering has its counts on the diagonal.",
        "Table of counts of labels by classes",
        place=110,
    )
)
def confusion(classes: np.ndarray, labels: np.ndarray) -> Figure:
    """Counts of labels by classes, with the classes in the order that matches the labels best."""
    table, class_names, label_names = confusion_table(classes, labels)
    by_name = [int(np.argmax(rows_with(label_names, label))) for label in in_order(label_names)]
    table, label_names = table[:, by_name], label_names[by_name]
    matched = linear_sum_assignment(-table.T)[1]
    order = [*matched, *(k for k in range(len(class_names)) if k not in matched)]
    table, class_names = table[order], class_names[order]
    fig, axes = figure(min(14, 2.6 + 0.45 * len(class_names)), min(14, 1.4 + 0.4 * len(label_names)))
    axis = axes[0, 0]
    image = axis.imshow(table.T, cmap="Blues", aspect="auto")
    for (i, j), count in np.ndenumerate(table if table.size <= MANY_CELLS else table[:0]):
        if count:
            axis.text(i, j, f"{count}", ha="center", va="center", fontsize=7,
                      color="white" if count > 0.6 * table.max() else "black")  # fmt: skip
    name_ticks(axis.set_xticks, class_names)
    name_ticks(axis.set_yticks, label_names)
    axis.set(xlabel="class", ylabel="label")
    fig.colorbar(image, ax=axis, label="rows")
    return fig


def name_ticks(set_ticks: Any, names: np.ndarray) -> None:
    """Name the rows or columns of a table; only every n-th one if the names of all would overlap."""
    step = -(-len(names) // MOST_NAMES)
    set_ticks(range(0, len(names), step), [name_of(name, LONGEST_NAME) for name in names[::step]])
