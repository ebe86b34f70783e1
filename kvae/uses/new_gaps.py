"""Missing values of new rows, in columns whose missing values the model did not learn."""

import logging
from collections.abc import Sequence

import numpy as np

from kvae.data.columns import listed
from kvae.data.stored import Rows
from kvae.data.table.parts import is_part
from kvae.table import Column
from kvae.uses.evaluation.encoding import evenly_spread

log = logging.getLogger(__name__)

# At most so many learnt rows are looked at. A leaf has at least so many of them.
MOST_ROWS, LEAF = 20_000, 20
# Of a wide table fewer rows are looked at, so that rows times columns that tell times columns with gaps are about
# WORK, which takes ten seconds; but not fewer than FEWEST.
WORK, FEWEST = 200_000_000, 1_000
# Columns with a larger share of missing values do not tell where values of others are missing.
SELDOM = 0.05


def columns_with_gaps(columns: Sequence[Column], kept: Sequence[int] = ()) -> list[int]:
    """Positions of the columns with missing values in the learnt rows, of which the model did not learn where.

    Those at positions `kept` are left out.
    """
    found = (j for j, one in enumerate(columns) if one.missing == "ignore" and one.coding.get("missing"))
    return [j for j in found if j not in kept]


def names_with_gaps(columns: Sequence[Column], kept: Sequence[int] = ()) -> list[str]:
    """The names of these columns of the table, without parts of dates."""
    return [columns[j].name for j in columns_with_gaps(columns, kept) if not is_part(columns[j])]


def with_gaps(
    x: np.ndarray, rows: Rows | None, columns: Sequence[Column], seed: int, kept: Sequence[int] = ()
) -> np.ndarray:
    """New rows `x` `(n, n_columns)` with missing values, as NaN, where similar learnt rows have them.

    A regression tree predicts from the columns that are seldom missing which values of a row are missing, all at
    once. A new row misses what a learnt row in its leaf misses, drawn at random, so that values are missing
    together as in learnt rows (as synthpop draws from the leaves of a tree: Reiter 2005; Nowok et al. 2016).
    Draws from `seed`.

    Args:
        x: Rows without missing values, but for those whose place the model learnt.
        rows: Learnt rows `(m, n_columns)`, NaN where a value is missing; at most 20,000 are used. None, where they
            can no longer be read: `x` is returned as it is, with a warning.
        columns: The columns.
        seed: Seed of the draws.
        kept: Positions of columns that stay without missing values.
    """
    places = columns_with_gaps(columns, kept)
    if not places:
        return x
    if rows is None:
        names = listed(names_with_gaps(columns, kept))
        log.warning("warning: values are missing in learnt rows, but not in new ones, in %s", names)
        return x
    known = np.asarray(rows[evenly_spread(len(rows), MOST_ROWS)])
    gaps = np.isnan(known[:, places])
    if not gaps.any():
        return x
    rng = np.random.default_rng([seed, len(places)])
    tells = [j for j in range(len(columns)) if np.isnan(known[:, j]).mean() <= SELDOM]
    given = rng.integers(0, len(known), len(x))
    if tells:
        different = np.unique(gaps, axis=1)
        some = evenly_spread(len(known), max(FEWEST, WORK // (len(tells) * different.shape[1])))
        told = filled_by_others(known[:, tells], rng)[some]
        given = some[rows_in_same_leaf(told, different[some], x[:, tells], seed, rng)]
    x = x.copy()
    x[:, places] = np.where(gaps[given], np.nan, x[:, places])
    return x


def filled_by_others(known: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rows in which a missing value is one of the same column in another row, drawn at random."""
    known = known.copy()
    for j in range(known.shape[1]):
        missing = np.isnan(known[:, j])
        known[missing, j] = rng.choice(known[~missing, j], missing.sum())
    return known


def rows_in_same_leaf(
    known: np.ndarray, gaps: np.ndarray, x: np.ndarray, seed: int, rng: np.random.Generator
) -> np.ndarray:
    """For every row of `x`, the number of a row of `known` in its leaf of a tree that predicts `gaps`: `(n,)`.

    A missing value of `x` goes to the larger branch.
    """
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(min_samples_leaf=LEAF, random_state=seed % 2**32)
    tree.fit(known, gaps.astype(np.float64))
    leaves, own = tree.apply(known), tree.apply(x)
    order = np.argsort(leaves, kind="stable")
    first, last = (np.searchsorted(leaves[order], own, side=side) for side in ("left", "right"))
    return order[first + (rng.random(len(x)) * (last - first)).astype(int)]
