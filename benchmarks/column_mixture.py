"""A mixture of independent columns, fitted by EM: a simple model of a table as a baseline for a VAE."""

from collections.abc import Sequence

import numpy as np

from kvae.table import Column

COMPONENTS, BINS, ROUNDS = 60, 32, 200
# Pseudo-rows with the shares of the whole table that are added to every component, so that no share is 0.
PRIOR = 0.1


class Cut:
    """A column of numbers as bins at quantiles, and an atom for every value that repeats often."""

    def __init__(self, values: np.ndarray, whole: bool) -> None:
        there = values[~np.isnan(values)]
        unique, counts = np.unique(there, return_counts=True)
        few = len(unique) <= BINS or (whole and len(unique) <= 256 and len(there) >= 3 * len(unique))
        self.whole = whole
        self.atoms = unique if few else unique[counts >= max(0.5 * len(there) / BINS, 3)]
        rest = there[~np.isin(there, self.atoms)]
        levels = np.linspace(0.0, 1.0, max(2, BINS - len(self.atoms)) + 1)
        self.edges = np.unique(np.quantile(rest, levels)) if len(rest) else np.zeros(0)
        if len(self.edges) == 1:
            self.edges = np.repeat(self.edges, 2)
        self.n = len(self.atoms) + max(0, len(self.edges) - 1)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """The index of every value's atom or bin; NaN for missing values."""
        found = np.full(len(values), np.nan)
        if len(self.edges):
            bins = np.searchsorted(self.edges, values, side="right") - 1
            found = len(self.atoms) + np.clip(bins, 0, len(self.edges) - 2).astype(np.float64)
        if len(self.atoms):
            nearest = np.clip(np.searchsorted(self.atoms, values), 0, len(self.atoms) - 1)
            found = np.where(self.atoms[nearest] == values, nearest, found)
        return np.where(np.isnan(values), np.nan, found)

    def draw(self, codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A value for each index of an atom or a bin, uniform within the bin."""
        atom = codes < len(self.atoms)
        found = np.empty(len(codes))
        found[atom] = self.atoms[codes[atom]]
        if len(self.edges):
            bins = codes[~atom] - len(self.atoms)
            low, high = self.edges[bins], self.edges[bins + 1]
            found[~atom] = low + (high - low) * rng.random(len(bins))
        return np.rint(found) if self.whole else found


def mixture_rows(x: np.ndarray, columns: Sequence[Column], seed: int, components: int = COMPONENTS) -> np.ndarray:
    """As many new rows as in `x` `(n, n_columns)`, from a mixture that is fitted to its observed values.

    Within a component, columns are independent: shares of categories, and of bins and atoms of numbers. Draws from
    `seed`.
    """
    rng = np.random.default_rng(seed)
    cuts = [
        Cut(x[:, j], bool(one.coding.get("whole"))) if one.is_number else None for j, one in enumerate(columns)
    ]
    shown = []
    for j, (cut, column) in enumerate(zip(cuts, columns, strict=True)):
        codes = x[:, j] if cut is None else cut.codes(x[:, j])
        k = (column.n_categories or 0) if cut is None else cut.n
        shown.append(np.where(np.isnan(codes)[:, None], 0.0, np.eye(k)[np.nan_to_num(codes).astype(int)]))
    weights, shares = fitted(shown, rng.dirichlet(np.full(components, 0.05), len(x)))
    which = rng.choice(components, len(x), p=weights)
    found = np.empty(x.shape)
    for j, (cut, p) in enumerate(zip(cuts, shares, strict=True)):
        codes = np.sum(np.cumsum(p, axis=1)[which] < rng.random(len(x))[:, None], axis=1).clip(0, p.shape[1] - 1)
        found[:, j] = codes if cut is None else cut.draw(codes, rng)
    return found


def fitted(shown: list[np.ndarray], belongs: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Weights `(K,)` and columns' shares `(K, n_values)`, by EM from responsibilities `belongs` `(n, K)`."""
    whole = [one.sum(axis=0) / max(1.0, one.sum()) for one in shown]
    for _ in range(ROUNDS):
        weights = (belongs.sum(axis=0) + 1e-9) / (belongs.sum() + 1e-9 * belongs.shape[1])
        log_p = np.log(weights)[None].repeat(len(belongs), axis=0)
        shares = []
        for one, prior in zip(shown, whole, strict=True):
            p = belongs.T @ one + PRIOR * prior + 1e-12
            shares.append(p / p.sum(axis=1, keepdims=True))
            log_p += one @ np.log(shares[-1]).T
        belongs = np.exp(log_p - log_p.max(axis=1, keepdims=True))
        belongs /= belongs.sum(axis=1, keepdims=True)
    return weights / weights.sum(), shares
