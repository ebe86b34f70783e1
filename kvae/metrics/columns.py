"""Metrics of every column of a table."""

from collections.abc import Mapping, Sequence

import numpy as np

from kvae.metrics.losses import NATS
from kvae.metrics.meaning import Meaning, measures_columns


@measures_columns(
    loss=Meaning(
        "Loss",
        "Expected −log p(column|z), 0 where a value is missing unless gaps are learnt. The losses of all columns "
        "add up to the reconstruction; with fewer than 50,000 rows up to the noise of its posterior draws.",
        NATS,
        "lower",
        mean=True,
    ),
    missing=Meaning("Missing", "Share of the rows without a value in this column.", "%", mean=True),
)
def column_metrics(names: Sequence[str], losses: np.ndarray, missing: np.ndarray) -> dict[str, float]:
    """The mean loss of every column in nats per row, and its share of missing values, both `(n_columns,)`."""
    return {f"loss_{name}": float(loss) for name, loss in zip(names, losses, strict=True)} | {
        f"missing_{name}": float(share) for name, share in zip(names, missing, strict=True)
    }


@measures_columns(
    calibration=Meaning(
        "Calibration error",
        "For numbers, the largest difference between the level of a quantile of p(column|z) and the share of rows "
        "below it; for categories, the mean difference between their probability and their share of rows. z is "
        "drawn from q(z|x) of the same row.",
        "%",
        "lower",
    ),
)
def calibration_metrics(errors: Mapping[str, float]) -> dict[str, float]:
    """The calibration error of every column by name, from 0 to 1; a column without values is left out."""
    return {f"calibration_{name}": float(error) for name, error in errors.items() if np.isfinite(error)}
