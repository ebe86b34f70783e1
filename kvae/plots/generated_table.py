"""Generated rows of a table of mixed kinds beside learnt rows."""

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
        "The distribution of each column's values, in shares of the rows that have a value (of a column with one "
        "value, in shares of all rows): in learnt rows, all or some of them, and in the new ones. Values far "
        "outside are counted in the outermost bars.",
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
    """The distributions of the first columns in new rows `x` `(n, n_columns)` and in `originals`.

    If `names` holds one name, the originals are one group, else each of them is. `as_text` gives the values of a
    column as text, such as dates; see `kvae.plots.mixed`.
    """
    groups = []
    if originals is not None and len(names) == 1:
        groups = [Group(names[0], originals, PALETTE[9])]
    elif originals is not None:
        colors = (PALETTE[9], PALETTE[3])
        groups = [Group(*one) for one in zip(names, originals[:, None], colors, strict=False)]
    return beside([*groups, Group(title, x)], columns, as_text)
