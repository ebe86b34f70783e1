"""New rows of a table of mixed kinds beside those that were learnt."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.mixed import AsText, Group, beside
from kvae.plots.style import PALETTE
from kvae.runs.captions import Caption, shows
from kvae.table import Column


@shows(
    generated_table=Caption(
        "Columns of the new rows",
        "How the values of every column are spread, in shares of the rows that have one: in the rows that were "
        "learnt, as far as they were looked at, and in the new ones. What lies far out is counted in the last "
        "bars.",
        "A panel per column: histograms or bars of learnt and of new rows",
        place=50,
    )
)
def generated_table(
    x: np.ndarray,
    title: str,
    originals: np.ndarray | None,
    names: Sequence[str],
    columns: Sequence[Column],
    as_text: Sequence[AsText] | None = None,
) -> Figure:
    """How the first columns are spread in new rows `x` `(n, n_columns)`, and in `originals`.

    Where those have one name together they are one group, else each row is. `as_text` gives the values of a column
    as text, such as dates; see `kvae.plots.mixed`.
    """
    groups = []
    if originals is not None and len(names) == 1:
        groups = [Group(names[0], originals, PALETTE[9])]
    elif originals is not None:
        colors = (PALETTE[9], PALETTE[3])
        groups = [Group(*one) for one in zip(names, originals[:, None], colors, strict=False)]
    return beside([*groups, Group(title, x)], columns, as_text)
