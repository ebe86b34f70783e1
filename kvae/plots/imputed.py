"""Values that fill gaps, beside those that were there."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kvae.plots.mixed import AsText, Group, beside
from kvae.plots.style import PALETTE
from kvae.runs.captions import Caption, shows
from kvae.table import Column


@shows(
    imputed=Caption(
        "Observed and imputed, by columns",
        "How the values of every column with gaps are spread, in shares: those that were there, and those that "
        "fill its gaps. They need not be alike: values may be missing where they are large, and means are less "
        "spread than values. What lies far out is counted in the last bars.",
        "A panel per column: histograms or bars of observed and of imputed values",
        place=45,
    )
)
def imputed_columns(
    x: np.ndarray, filled: np.ndarray, columns: Sequence[Column], as_text: Sequence[AsText] | None = None
) -> Figure:
    """How observed values `x` and those that fill gaps are spread, both `(n, n_columns)`, NaN where none is.

    `as_text` gives the values of a column as text, such as dates; see `kvae.plots.mixed`.
    """
    return beside([Group("observed", x, PALETTE[9]), Group("imputed", filled)], columns, as_text)
