"""The association of pairs of columns of a table: 0 for none, 1 where one determines the other.

Two columns of numbers: the absolute rank correlation (Spearman, 1904). Two columns of categories: Cramer's V. A
column of numbers and one of categories: the correlation ratio of the ranks. The last two have a bias above 0 that
grows with the number of categories; they are corrected for it (Bergsma, J. Korean Stat. Soc. 42, 2013; Kelley,
PNAS 21, 1935).
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from kvae.table import Column

# The most rows that are used, spread over the table, and the most categories: the rarer ones become one.
MOST_ROWS, MOST_CATEGORIES = 5000, 50
FEWEST_ROWS = 10


def associations(x: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Associations in [0, 1], symmetric `(n_columns, n_columns)`.

    NaN where fewer than 10 rows have both values, or a column is constant in these rows.

    Args:
        x: Rows `(n, n_columns)`, NaN where a value is missing.
        columns: The columns.
    """
    x = np.asarray(x[:: max(1, -(-len(x) // MOST_ROWS))], np.float64)
    m = len(columns)
    found = np.full((m, m), np.nan)
    numbers = [j for j in range(m) if columns[j].is_number]
    coded = {j: few_codes(x[:, j]) for j in range(m) if not columns[j].is_number}
    with np.errstate(divide="ignore", invalid="ignore"):
        if numbers:
            there = np.isfinite(x[:, numbers])
            ranks = np.stack([ranks_of(x[:, j]) for j in numbers], axis=1)
            found[np.ix_(numbers, numbers)] = rank_correlations(ranks, there)
            for j, codes in coded.items():
                found[j, numbers] = found[numbers, j] = correlation_ratios(codes, ranks, there)
    kept = list(coded)
    for place, j in enumerate(kept):
        for k in kept[place:]:
            found[j, k] = found[k, j] = cramers_v(coded[j], coded[k])
    return np.clip(found, 0.0, 1.0)


def associations_with(groups: np.ndarray, x: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Associations in [0, 1] of two groups of rows with every column, `(k, n_columns)`; NaN as in `associations`.

    With numbers it is the absolute correlation of the group with the ranks, whose square is the correlation ratio.

    Args:
        groups: Divisions of the rows, `(n, k)`: booleans, which of the two groups each row is in.
        x, columns: As in `associations`.
    """
    step, k = max(1, -(-len(x) // MOST_ROWS)), groups.shape[1]
    x, groups = np.asarray(x[::step], np.float64), groups[::step]
    found = np.full((k, len(columns)), np.nan)
    numbers = [j for j, column in enumerate(columns) if column.is_number]
    ranks = np.hstack([groups, *(ranks_of(x[:, j])[:, None] for j in numbers)])
    there = np.hstack([np.ones(groups.shape, bool), np.isfinite(x[:, numbers])])
    with np.errstate(divide="ignore", invalid="ignore"):
        found[:, numbers] = rank_correlations(ranks, there)[:k, k:]
    for j in set(range(len(columns))).difference(numbers):
        codes = few_codes(x[:, j])
        found[:, j] = [cramers_v(group, codes) for group in groups.T.astype(np.int64)]
    return np.clip(found, 0.0, 1.0)


def ranks_of(values: np.ndarray) -> np.ndarray:
    """Ranks in (-0.5, 0.5); 0 for missing values."""
    there = np.isfinite(values)
    ranks = np.zeros(len(values))
    if there.any():
        ranks[there] = (rankdata(values[there]) - 0.5) / there.sum() - 0.5
    return ranks


def few_codes(values: np.ndarray) -> np.ndarray:
    """Categories `(n,)` numbered from 0 without gaps, as integers; -1 for missing values."""
    codes = np.full(len(values), -1)
    there = np.isfinite(values)
    different, places, counts = np.unique(values[there], return_inverse=True, return_counts=True)
    if different.size > MOST_CATEGORIES:
        new = np.full(different.size, MOST_CATEGORIES - 1)
        new[np.argsort(-counts, kind="stable")[: MOST_CATEGORIES - 1]] = np.arange(MOST_CATEGORIES - 1)
        places = new[places]
    codes[there] = places
    return codes


def rank_correlations(ranks: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Absolute correlations of columns `(n, m)`, each over the rows in which both have a value."""
    there = there.astype(np.float64)
    n, sums, squares = there.T @ there, ranks.T @ there, (ranks**2).T @ there
    variance = squares / n - (sums / n) ** 2
    covariance = ranks.T @ ranks / n - sums * sums.T / n**2
    spread = np.sqrt(variance * variance.T)
    return np.where((n >= FEWEST_ROWS) & (spread > 1e-12), np.abs(covariance) / spread, np.nan)


def correlation_ratios(codes: np.ndarray, ranks: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The corrected correlation ratio of each column of ranks `(n, m)` given categories `(n,)`."""
    known = codes >= 0
    groups = np.eye(codes.max(initial=0) + 1)[codes[known]]
    y, t = ranks[known], there[known].astype(np.float64)
    in_group, sums = groups.T @ t, groups.T @ (y * t)
    n, k = in_group.sum(0), (in_group > 0).sum(0)
    mean = sums.sum(0) / n
    total = (y**2 * t).sum(0) - n * mean**2
    between = np.where(in_group > 0, sums**2 / in_group, 0.0).sum(0) - n * mean**2
    epsilon = 1 - (total - between) / total * (n - 1) / (n - k)
    usable = (n >= FEWEST_ROWS) & (total > 1e-12 * n) & (k > 1) & (n > k)
    return np.where(usable, np.sqrt(np.maximum(epsilon, 0.0)), np.nan)


def cramers_v(one: np.ndarray, other: np.ndarray) -> float:
    """The corrected Cramer's V of two columns of categories `(n,)`, -1 for missing values."""
    both = (one >= 0) & (other >= 0)
    n = int(both.sum())
    if n < FEWEST_ROWS:
        return np.nan
    width = other.max() + 1
    table = np.bincount(one[both] * width + other[both], minlength=(one.max() + 1) * width).reshape(-1, width)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    r, k = table.shape
    if min(r, k) < 2:
        return np.nan
    expected = table.sum(1, keepdims=True) * table.sum(0) / n
    phi2 = float(((table - expected) ** 2 / expected).sum() / n)
    phi2 = max(0.0, phi2 - (r - 1) * (k - 1) / (n - 1))
    r_fair, k_fair = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    least = min(r_fair, k_fair) - 1
    return float(np.sqrt(phi2 / least)) if least > 1e-9 else np.nan
