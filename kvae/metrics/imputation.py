"""How many gaps of a table were filled, and from how many draws."""

import numpy as np

from kvae.metrics.meaning import Meaning, measures


@measures(
    imputed=Meaning("Filled", "Gaps that were filled.", "values", rank=3),
    imputed_share=Meaning("Share filled", "Filled gaps as a share of all values.", "%", rank=2),
    imputed_rows=Meaning("Rows filled", "Rows in which a gap was filled.", "rows"),
)
def imputed(cells: int, of: int, rows: int, effective: np.ndarray | None = None) -> dict[str, float]:
    """The metrics of a table whose gaps were filled; `effective_samples` is the median over rows with gaps.

    Args:
        cells: The number of gaps that were filled.
        of: The number of values, of which these are a share.
        rows: The number of rows with such gaps.
        effective: The effective number of draws for the code of each such row; None if there is none.
    """
    found: dict[str, float] = {"imputed": cells, "imputed_share": cells / max(1, of), "imputed_rows": rows}
    return found if effective is None else found | {"effective_samples": float(np.median(effective))}
