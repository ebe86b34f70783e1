"""How similar columns of a generated table are to those of a real one: what SDMetrics calls column shapes."""

from collections.abc import Sequence

import numpy as np

from kvae.metrics.meaning import Meaning, measures, measures_columns
from kvae.table import Column


def column_shapes(real: np.ndarray, generated: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Similarity of the values of every column, `(n_columns,)`, from 0 to 1 for the same. Draws no random numbers.

    SDMetrics' `KSComplement` of numbers and dates, its `TVComplement` of categories. Missing values do not count.
    A column without values in the real rows is NaN; one without values in the generated rows alone is 0.
    """
    found = np.full(len(columns), np.nan)
    for place, column in enumerate(columns):
        ours, theirs = there(real[:, place]), there(generated[:, place])
        if len(ours):
            like = ks_complement if column.is_number else tv_complement
            found[place] = like(ours, theirs) if len(theirs) else 0.0
    return found


def there(values: np.ndarray) -> np.ndarray:
    """The values that are not missing."""
    return values[~np.isnan(values)]


def ks_complement(real: np.ndarray, generated: np.ndarray) -> float:
    """1 minus the largest distance between the two cumulative distributions (Kolmogorov and Smirnov)."""
    at = np.concatenate([real, generated])
    below = [np.searchsorted(np.sort(values), at, "right") / len(values) for values in (real, generated)]
    return 1.0 - float(np.max(np.abs(below[0] - below[1])))


def tv_complement(real: np.ndarray, generated: np.ndarray) -> float:
    """1 minus half the sum of the differences between the shares of the categories."""
    n, numbers = len(real), np.unique(np.concatenate([real, generated]), return_inverse=True)[1]
    most = int(numbers.max()) + 1
    shares = [np.bincount(part, minlength=most) / len(part) for part in (numbers[:n], numbers[n:])]
    return 1.0 - 0.5 * float(np.abs(shares[0] - shares[1]).sum())


def missing_similarities(real: np.ndarray, generated: np.ndarray) -> np.ndarray:
    """1 minus the difference between shares of gaps, `(n_columns,)`: SDMetrics' `MissingValueSimilarity`."""
    return 1.0 - np.abs(np.isnan(real).mean(axis=0) - np.isnan(generated).mean(axis=0))


@measures_columns(
    shape=Meaning("Column shape", "Similarity of generated and real values of this column.", better="higher")
)
@measures(
    shape=Meaning(
        "Column shapes",
        "Mean over the columns of the similarity of generated and real values, each column by itself: 1 minus the "
        "Kolmogorov-Smirnov distance for numbers, 1 minus the total variation distance for categories.",
        better="higher",
        rank=3,
    ),
    missing_similarity=Meaning(
        "Similarity of gaps",
        "Mean over the columns with gaps of 1 minus the difference between the shares of missing values.",
        better="higher",
    ),
)
def shape_metrics(real: np.ndarray, generated: np.ndarray, columns: Sequence[Column]) -> dict[str, float]:
    """`shape`, `shape_<column>` of each, and where there are gaps `missing_similarity`.

    Args:
        real: Rows `(n, n_columns)` that were not learnt.
        generated: Generated rows `(m, n_columns)` as they are written: with the decimals of the table.
        columns: What their values mean.
    """
    each = column_shapes(real, generated, columns)
    found = {} if np.isnan(each).all() else {"shape": float(np.nanmean(each))}
    pairs = zip(columns, each, strict=True)
    found |= {f"shape_{column.name}": float(value) for column, value in pairs if not np.isnan(value)}
    gaps = np.isnan(real).any(axis=0) | np.isnan(generated).any(axis=0)
    if gaps.any():
        found["missing_similarity"] = float(missing_similarities(real, generated)[gaps].mean())
    return found
