"""How similar the dependence of column pairs is in a generated and a real table: SDMetrics' column pair trends."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from kvae.metrics.meaning import Meaning, measures
from kvae.table import Column

BINS = 10
# Sums over the rows of a pair are precise where both columns have at least this share of their variance.
SURE = 1e-6
COLUMNS_AT_ONCE = 500


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
    numbers = [k for k, column in enumerate(columns) if column.is_number]
    apart = correlations(real[:, numbers]) - correlations(generated[:, numbers])
    found[np.ix_(numbers, numbers)] = 1.0 - np.abs(apart) / 2.0
    np.fill_diagonal(found, np.nan)
    at_once = len(numbers) * (len(numbers) - 1) // 2
    done(at_once)
    if len(numbers) < len(columns):
        codes = [categories(real[:, k], generated[:, k], column.is_number) for k, column in enumerate(columns)]
        pairs = (pair for pair in combinations(range(len(columns)), 2) if not set(pair) <= set(numbers))
        for count, (i, j) in enumerate(pairs, at_once + 1):
            found[i, j] = found[j, i] = contingency_similarity(codes[i], codes[j], len(real))
            done(count)
    return found


def correlations(rows: np.ndarray) -> np.ndarray:
    """Pearson's correlations of columns `(n, m)`, each over the rows with both, `(m, m)`; NaN as of `pearson`.

    Products of many columns at once give the sums over the rows of every pair. Where these round too much, since a
    column hardly varies in the rows of a pair, the pair is computed by itself.
    """
    x, mask = standardised(rows), (~np.isnan(rows)).astype(np.float64)
    n = np.maximum(mask.sum(axis=0), 1)
    constant = (x**2).sum(axis=0) / n <= (x.sum(axis=0) / n) ** 2
    m = x.shape[1]
    found = np.full((m, m), np.nan)
    for start in range(0, m, COLUMNS_AT_ONCE):
        stop = min(start + COLUMNS_AT_ONCE, m)
        some, unsure = products(x, mask, start, stop)
        found[start:stop, start:], found[start:, start:stop] = some, some.T
        unsure &= ~constant[start:] & ~constant[start:stop, None]
        for i, j in np.argwhere(np.triu(unsure, 1)) + start:
            found[i, j] = found[j, i] = pearson(rows[:, [i, j]])
    return found


def products(x: np.ndarray, mask: np.ndarray, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of the columns from `start` to `stop` with those from `start` on, and which are not precise.

    Args:
        x: The result of `standardised`.
        mask: 1 for a value, 0 where it is missing; float64, as `x`.
        start, stop: The columns.
    """
    one, other, there, those = x[:, start:stop], x[:, start:], mask[:, start:stop], mask[:, start:]
    with np.errstate(divide="ignore", invalid="ignore"):
        n = there.T @ those
        mean, mean_other = one.T @ those / n, there.T @ other / n
        variance = (one**2).T @ those / n - mean**2
        variance_other = there.T @ other**2 / n - mean_other**2
        found = (one.T @ other / n - mean * mean_other) / np.sqrt(variance * variance_other)
    sure = np.minimum(variance, variance_other) > SURE
    own = stop - start
    found[:, :own] = np.triu(found[:, :own]) + np.triu(found[:, :own], 1).T  # the same in both orders to the bit
    return np.where(sure, np.clip(found, -1.0, 1.0), np.nan), ~sure & (n >= 2)


def standardised(rows: np.ndarray) -> np.ndarray:
    """Columns `(n, m)` with mean 0 and standard deviation 1, float64; 0 where missing, or all are equal."""
    there = ~np.isnan(rows)
    x = np.where(there, rows, 0.0).astype(np.float64)
    x /= np.maximum(np.abs(x).max(axis=0, initial=0.0), np.finfo(np.float64).tiny)  # squares of 1e300 overflow
    n = np.maximum(there.sum(axis=0), 1)
    x = np.where(there, x - x.sum(axis=0) / n, 0.0)
    spread = np.sqrt((x**2).sum(axis=0) / n)
    return x / np.where(spread == 0.0, 1.0, spread)


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
