"""How similar the dependence of column pairs is in a generated and a real table: SDMetrics' column pair trends."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from kvae.metrics.meaning import Meaning, measures
from kvae.table import Column

BINS = 10


def pair_trends(
    real: np.ndarray,
    generated: np.ndarray,
    columns: Sequence[Column],
    done: Callable[[int], None] = lambda pairs: None,
) -> np.ndarray:
    """Similarity of the dependence of column pairs, `(n_columns, n_columns)`, symmetric. Draws no random numbers.

    Two columns of numbers: SDMetrics' `CorrelationSimilarity`, 1 - |r - r'| / 2 of Pearson's r over the rows that
    have both. Others: its `ContingencySimilarity`, 1 minus the total variation of the joint shares, where a gap is
    a category, and numbers are cut into ten bins of equal width over the range of the real ones. (SDMetrics'
    report cuts each table by its own range, so that one outlier moves all bins.) NaN on the diagonal, and where a
    correlation is undefined, such as that of a constant column.

    Args:
        real: Rows `(n, n_columns)`.
        generated: Generated rows `(m, n_columns)`.
        columns: What their values mean.
        done: Called with how many pairs are done.
    """
    found = np.full((len(columns), len(columns)), np.nan)
    codes = [categories(real[:, k], generated[:, k], column.is_number) for k, column in enumerate(columns)]
    for count, (i, j) in enumerate(combinations(range(len(columns)), 2), 1):
        if columns[i].is_number and columns[j].is_number:
            value = correlation_similarity(real[:, [i, j]], generated[:, [i, j]])
        else:
            value = contingency_similarity(codes[i], codes[j], len(real))
        found[i, j] = found[j, i] = value
        done(count)
    return found


def correlation_similarity(real: np.ndarray, generated: np.ndarray) -> float:
    """1 - |r - r'| / 2 of two tables of two columns; NaN where either r is undefined."""
    return 1.0 - abs(pearson(real) - pearson(generated)) / 2.0


def pearson(rows: np.ndarray) -> float:
    """Pearson's correlation of two columns over the rows that have both; NaN of fewer than two, or a constant."""
    rows = rows[~np.isnan(rows).any(axis=1)].astype(np.float64)
    if len(rows) < 2 or (rows == rows[0]).all(axis=0).any():
        return np.nan
    scale = np.abs(rows).max(axis=0)
    centred = rows / scale - (rows / scale).mean(axis=0)  # scaled, because squares of 1e300 overflow
    norm = np.sqrt((centred**2).sum(axis=0)).prod()
    return float(np.clip((centred[:, 0] * centred[:, 1]).sum() / norm, -1.0, 1.0)) if norm else np.nan


def categories(real: np.ndarray, generated: np.ndarray, number: bool) -> np.ndarray:
    """The real values, then the generated ones, as whole numbers from 0; a gap is a number of its own."""
    values = np.concatenate([real, generated]).astype(np.float64)
    if number:
        values = binned(values, real[~np.isnan(real)].astype(np.float64))
    return np.unique(values, return_inverse=True)[1]  # NaN is one value


def binned(values: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Values as numbers of the bins over the range of `real`, whose first and last bin are open; NaN stays NaN."""
    low, high = (real.min(), real.max()) if len(real) else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    inner = low + (high - low) * np.arange(1, BINS) / BINS
    return np.where(np.isnan(values), np.nan, np.digitize(values, inner))


def contingency_similarity(first: np.ndarray, second: np.ndarray, n: int) -> float:
    """1 minus the total variation of the joint shares; the first `n` of the whole numbers are the real rows'."""
    joint = np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
    most = int(joint.max()) + 1
    shares = [np.bincount(part, minlength=most) / len(part) for part in (joint[:n], joint[n:])]
    return 1.0 - 0.5 * float(np.abs(shares[0] - shares[1]).sum())


@measures(
    trend=Meaning(
        "Pair trends",
        "Mean over the pairs of columns of the similarity of their dependence in generated and in real rows: of "
        "correlations, or of joint shares of categories and of numbers in ten bins; 1 for the same.",
        better="higher",
        rank=3,
    )
)
def trend_metrics(trends: np.ndarray) -> dict[str, float]:
    """`trend`, the mean of the result of `pair_trends`; empty if no pair has a value."""
    each = trends[np.triu_indices(len(trends), 1)]
    each = each[~np.isnan(each)]
    return {"trend": float(each.mean())} if len(each) else {}
