"""How much of a table was filled, and what that rests on."""

import numpy as np

from kvae.metrics.meaning import Meaning, measures


@measures(
    imputed=Meaning("Filled", "Gaps that were filled.", "values", rank=3),
    imputed_share=Meaning("Share filled", "Share of the values that were missing and were filled.", "%", rank=2),
    imputed_rows=Meaning("Rows filled", "Rows in which a gap was filled.", "rows"),
    effective_samples=Meaning(
        "Effective samples",
        "How many draws the codes of a row with gaps rest on, in the median; few make what is filled uncertain.",
        "draws",
        "higher",
        rank=1,
    ),
)
def imputed(cells: int, of: int, rows: int, effective: np.ndarray | None = None) -> dict[str, float]:
    """What the fill of a table came to.

    Args:
        cells: Gaps that were filled, of so many values `of`.
        rows: Rows in which they were.
        effective: How many draws the codes of each such row rest on; None where there is none.
    """
    found: dict[str, float] = {"imputed": cells, "imputed_share": cells / max(1, of), "imputed_rows": rows}
    return found if effective is None else found | {"effective_samples": float(np.median(effective))}
