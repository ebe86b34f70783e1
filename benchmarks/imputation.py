"""Imputation of hidden cells of tables: kvae beside means, neighbours, and random forests."""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.table import markdown
from kvae.data.table import decode, encode, infer_columns, read_frame
from kvae.table import TableSpec

RATES, HOW = (0.1, 0.3, 0.5), ("at random", "by a column")
NEIGHBOURS, ROUNDS, TREES = 10, 5, 50
# This is added to the indices of categories, to distinguish them from standardised numbers.
CATEGORIES_FROM = 1000.0

Fill = Callable[[np.ndarray, TableSpec, int], np.ndarray]


def hidden(x: np.ndarray, driver: int, rate: float, how: str, seed: int) -> np.ndarray:
    """Which cells are hidden: each with the same probability, or with one that grows with the value of a column.

    The latter is a logistic function of twice the standardised value, with mean `rate`; the column itself is not
    hidden.
    """
    rng = np.random.default_rng([seed, int(100 * rate), HOW.index(how)])
    if how == "at random":
        return (rng.random(x.shape) < rate) & ~np.isnan(x)
    value = x[:, driver]
    score = 2.0 * np.nan_to_num((value - np.nanmean(value)) / np.nanstd(value))
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.mean(1 / (1 + np.exp(-score - middle))) < rate else (low, middle)
    gone = rng.random(x.shape) < (1 / (1 + np.exp(-score - low)))[:, None]
    gone[:, driver] = False
    return gone & ~np.isnan(x)


def measured(x: np.ndarray, filled: np.ndarray, gone: np.ndarray, spec: TableSpec) -> tuple[float, float]:
    """The RMSE of hidden numbers in standard deviations of their column, averaged over columns; and the share of
    hidden categories that are filled wrongly. NaN for a kind of column that the table lacks.
    """
    errors, wrong = [], []
    for place, column in enumerate(spec.columns):
        rows = gone[:, place]
        if column.is_number and rows.any():
            error = filled[rows, place] - x[rows, place]
            errors.append(float(np.sqrt(np.mean(error**2)) / np.nanstd(x[:, place])))
        elif rows.any():
            wrong.append(filled[rows, place] != x[rows, place])
    share = float(np.mean(np.concatenate(wrong))) if wrong else np.nan
    return float(np.mean(errors)) if errors else np.nan, share


def by_mean(x: np.ndarray, spec: TableSpec, seed: int) -> np.ndarray:
    """Fill with the mean of numbers, and with the most frequent category."""
    x = x.copy()
    for place, column in enumerate(spec.columns):
        there = x[~np.isnan(x[:, place]), place]
        usual = there.mean() if column.is_number else np.bincount(there.astype(int)).argmax()
        x[np.isnan(x[:, place]), place] = usual
    return x


def by_neighbours(x: np.ndarray, spec: TableSpec, seed: int) -> np.ndarray:
    """scikit-learn's KNNImputer on standardised numbers and one-hot categories; the largest entry is taken."""
    from sklearn.impute import KNNImputer

    parts = []
    for place, column in enumerate(spec.columns):
        values = x[:, place]
        if column.is_number:
            parts.append(((values - np.nanmean(values)) / np.nanstd(values))[:, None])
        else:
            one_hot = np.eye(column.n_categories)[np.nan_to_num(values).astype(int)] / np.sqrt(2)
            parts.append(np.where(np.isnan(values)[:, None], np.nan, one_hot))
    imputer = KNNImputer(n_neighbors=NEIGHBOURS, keep_empty_features=True)
    found = np.split(imputer.fit_transform(np.hstack(parts)), np.cumsum([part.shape[1] for part in parts])[:-1], 1)
    filled = x.copy()
    for place, (column, part) in enumerate(zip(spec.columns, found, strict=True)):
        values, gaps = x[:, place], np.isnan(x[:, place])
        back = part[:, 0] * np.nanstd(values) + np.nanmean(values) if column.is_number else part.argmax(axis=1)
        filled[gaps, place] = back[gaps]
    return filled


def by_forests(x: np.ndarray, spec: TableSpec, seed: int) -> np.ndarray:
    """scikit-learn's IterativeImputer with random forests: regression for numbers, classification for categories.

    The method is that of missForest (Stekhoven and Buehlmann 2012).
    """
    from sklearn.base import BaseEstimator
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    class Forest(BaseEstimator):
        def fit(self, X, y):
            kind = RandomForestClassifier if y.min() >= CATEGORIES_FROM else RandomForestRegressor
            self.forest_ = kind(TREES, random_state=seed).fit(
                X, y.astype(int) if y.min() >= CATEGORIES_FROM else y
            )
            return self

        def predict(self, X):
            return self.forest_.predict(X).astype(float)

    numbers = np.array([column.is_number for column in spec.columns])
    mean, std = np.nanmean(x, axis=0), np.nanstd(x, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that five rounds did not converge
        # tol=0 runs all rounds: with `CATEGORIES_FROM` added to values, its test would find convergence too early.
        imputer = IterativeImputer(Forest(), max_iter=ROUNDS, tol=0.0, random_state=seed)
        found = imputer.fit_transform(np.where(numbers, (x - mean) / std, x + CATEGORIES_FROM))
    back = np.where(numbers, found * std + mean, np.rint(found - CATEGORIES_FROM))
    return np.where(np.isnan(x), back, x)


def by_kvae(x: np.ndarray, spec: TableSpec, seed: int) -> np.ndarray:
    """`kvae.sklearn.VAEImputer` with its defaults; it recognises the kinds of the columns itself."""
    from kvae.sklearn import VAEImputer

    frame = decode(x, spec)
    filled = VAEImputer(random_state=seed).set_output(transform="polars").fit_transform(frame)
    return np.where(np.isnan(x), encode(filled, spec), x)


METHODS: dict[str, Fill] = {
    "mean, mode": by_mean,
    "10 neighbours": by_neighbours,
    "forests": by_forests,
    "kvae": by_kvae,
}


def trials(path: str, by: str, seeds: int) -> Iterator[tuple[str, float, str, float, float, float]]:
    """For every trial on a table: how cells were hidden, their share, the method, both measures, the seconds."""
    frame = read_frame(path)
    spec = infer_columns(frame)
    x = encode(frame, spec).astype(np.float64)
    for seed in range(seeds):
        for how in HOW:
            for rate in RATES:
                gone = hidden(x, spec.place(by), rate, how, seed)
                for method, fill in METHODS.items():
                    began = time.perf_counter()
                    filled = fill(np.where(gone, np.nan, x), spec, seed)
                    yield how, rate, method, *measured(x, filled, gone, spec), time.perf_counter() - began


def tables(seeds: int, paths: Sequence[str], by: Sequence[str]) -> str:
    """A table of both measures, means over seeds.

    Args:
        seeds: The number of seeds.
        paths: The files of the tables.
        by: For each table, the column on whose value it depends which cells are hidden.
    """
    found: dict[tuple[str, str, float], list[tuple[str, float, float]]] = {}
    for path, column in zip(paths, by, strict=True):
        name = Path(path).stem
        for how, rate, method, nrmse, wrong, seconds in trials(path, column, seeds):
            print(f"{name}, {how}, {rate}, {method}: {nrmse:.3f} {wrong:.3f} ({seconds:.0f} s)", flush=True)
            found.setdefault((name, how, rate), []).append((method, nrmse, wrong))
    rows = [
        [f"{name}, {rate:.0%} {how}", *(cell(trial, method) for method in METHODS)]
        for (name, how, rate), trial in found.items()
    ]
    return markdown(["hidden", *METHODS], rows)


def cell(trials: list[tuple[str, float, float]], method: str) -> str:
    """Both measures of a method, as means over its trials."""
    nrmse, wrong = np.mean([trial[1:] for trial in trials if trial[0] == method], axis=0)
    return f"{nrmse:.3f} / {wrong:.3f}"
