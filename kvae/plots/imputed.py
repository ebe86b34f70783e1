"""Imputed values, beside observed ones."""

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
        "The distributions of the observed and of the imputed values of each column with missing ones, in "
        "shares. The two may differ: values may be missing where they are large, and means vary less than "
        "values. Values far outside are counted in the outermost bars.",
        "A panel per column: histograms or bars of observed and of imputed values",
        place=45,
    )
)
def imputed_columns(
    x: np.ndarray, filled: np.ndarray, columns: Sequence[Column], as_text: Sequence[AsText] | None = None
) -> Figure:
    """The distributions of observed values `x` and of imputed ones, both `(n, n_columns)`, NaN for none.

    `as_text` gives the values of a column as text, such as dates; see `kvae.plots.mixed`.
    """
    return beside([Group("observed", x, PALETTE[9]), Group("imputed", filled)], columns, as_text)
