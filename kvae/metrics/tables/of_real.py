"""The scores of real rows beside other real rows: generated rows cannot be expected to score more."""

from collections.abc import Callable, Sequence

import numpy as np

from kvae.metrics.meaning import Meaning, measures
from kvae.metrics.tables.shapes import shape_metrics
from kvae.metrics.tables.trends import pair_trends, trend_metrics
from kvae.metrics.tables.two_samples import c2st_metrics
from kvae.table import Column

AS = "The same for the learning rows in place of generated ones: about the best value to expect."


@measures(
    real_shape=Meaning("Column shapes of real rows", AS),
    real_trend=Meaning("Pair trends of real rows", AS),
    real_c2st=Meaning("Two-sample test of real rows", AS),
)
def real_metrics(
    real: np.ndarray,
    learning: np.ndarray,
    columns: Sequence[Column],
    seed: int = 0,
    done: Callable[[int], None] = lambda steps: None,
) -> dict[str, float]:
    """`real_shape`, `real_trend` and `real_c2st`: as without `real_`, with learning rows as the generated ones.

    Arguments as in `c2st_metrics`; `done` is called with how many of three steps are done.
    """
    found = {"shape": shape_metrics(real, learning, columns).get("shape")}
    done(1)
    found["trend"] = trend_metrics(pair_trends(real, learning, columns)).get("trend")
    done(2)
    found["c2st"] = c2st_metrics(real, learning, columns, seed).get("c2st")
    done(3)
    return {f"real_{name}": value for name, value in found.items() if value is not None}
