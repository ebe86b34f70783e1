"""Gradient boosting of scikit-learn on rows of a table as they are: categories, numbers and gaps."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from kvae.table import Column

# The most categories of a column in scikit-learn's boosting; rarer ones are merged into one.
MOST_CATEGORIES = 254

Function = TypeVar("Function", bound=Callable[..., Any])


def one_thread(function: Function) -> Function:
    """The function, run with one OpenMP thread.

    On few rows, as here, one thread is as fast as several, and many times faster beside other work, because
    threads wait for each other at every node of a tree.
    """

    @wraps(function)
    def held(*args: Any, **kwargs: Any) -> Any:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="openmp"):
            return function(*args, **kwargs)

    return held  # type: ignore[return-value]


class Boosting:
    """Gradient boosting on rows that have these `columns`: a classifier, or for a `number` a regressor.

    A column without any value in the rows of `fit` is left out: scikit-learn does not take it. Draws from `seed`.
    """

    def __init__(self, columns: Sequence[Column], seed: int, number: bool = False):
        self.columns, self.seed, self.number = columns, seed, number

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Boosting":
        """Learn from rows `(n, n_columns)` with NaN where a value is missing, and labels or numbers `(n,)`."""
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        kind = HistGradientBoostingRegressor if self.number else HistGradientBoostingClassifier
        self.kept = ~np.isnan(x).all(axis=0)
        words = [not column.is_number for column, kept in zip(self.columns, self.kept, strict=True) if kept]
        # No early stopping: the rows set aside for it would need every class twice.
        self.model = kind(categorical_features=words or None, early_stopping=False, random_state=self.seed)
        self.model.fit(self.taken(x), y)
        return self

    def taken(self, x: np.ndarray) -> np.ndarray:
        """The columns that are learnt from; a column of zeros if there are none."""
        return x[:, self.kept] if self.kept.any() else np.zeros((len(x), 1))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The most probable labels, or numbers, `(n,)`."""
        return self.model.predict(self.taken(x))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Probabilities of the labels, `(n, n_labels)`."""
        return self.model.predict_proba(self.taken(x))


def common(columns: Sequence[Column], *tables: np.ndarray) -> list[np.ndarray]:
    """The tables with at most 254 categories per column: those that are rarest in the first table are merged."""
    found = [np.array(table, np.float64) for table in tables]
    for place, column in enumerate(columns):
        if column.is_number or (column.n_categories or 0) <= MOST_CATEGORIES:
            continue
        values, counts = np.unique(found[0][:, place], return_counts=True)
        keep = values[np.argsort(-counts, kind="stable")]
        keep = np.sort(keep[~np.isnan(keep)][: MOST_CATEGORIES - 1])
        for table in found:
            table[:, place] = renumbered(table[:, place], keep)
    return found


def renumbered(values: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """The indices of values in the sorted `keep`, `len(keep)` for values that are not in it; NaN stays NaN."""
    places = np.minimum(np.searchsorted(keep, values), len(keep) - 1)
    numbers = np.where(keep[places] == values, places, len(keep)).astype(np.float64)
    return np.where(np.isnan(values), np.nan, numbers)
