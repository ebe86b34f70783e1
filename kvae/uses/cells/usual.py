"""The scores of cells that are usual in every column, and how surprising other scores are."""

from dataclasses import dataclass

import numpy as np

# Scores above this quantile are the tail, which is modelled as exponential.
TAIL = 0.95
# Smallest width of a tail in nats: even under the true model P(-log p(x) > t) falls like exp(-t).
SHORTEST = 1.0


@dataclass(frozen=True)
class Usual:
    """Scores of the cells of learning rows, by column.

    Attributes:
        scores: One array per column, sorted and without NaN.
    """

    scores: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, nats: np.ndarray) -> "Usual":
        """Collect scores `(n, n_columns)` in nats, NaN where there is none."""
        return cls(tuple(np.sort(column[~np.isnan(column)]) for column in nats.T))

    def typical(self) -> np.ndarray:
        """The median score of every column in nats, `(n_columns,)`; NaN where there is none."""
        return np.array([np.median(known) if len(known) else np.nan for known in self.scores])

    def share_below(self, nats: np.ndarray) -> np.ndarray:
        """Share of the learning rows with a lower score than each of `nats` `(n, n_columns)`, from 0 to 1."""
        columns = zip(self.scores, nats.T, strict=True)
        found = [np.searchsorted(known, column, "left") / max(1, len(known)) for known, column in columns]
        return np.where(np.isnan(nats), np.nan, np.stack(found, axis=1))

    def surprise(self, nats: np.ndarray) -> np.ndarray:
        """-log of the share of learning rows with at least such a score, in nats, `(n, n_columns)`.

        This makes columns comparable, since some are harder to predict than others. Above the 95 % quantile u the
        share is modelled as 0.05 exp(-(score - u) / width), where width is the mean excess over u of the learning
        rows' scores, at least one nat; the observed share is used where it is larger.
        """
        columns = zip(self.scores, nats.T, strict=True)
        return np.stack([surprise_of(known, column) for known, column in columns], axis=1)


def surprise_of(known: np.ndarray, nats: np.ndarray) -> np.ndarray:
    """-log of the shares of sorted scores `known` that are as large as `nats` `(n,)`; NaN of NaN."""
    if len(known) == 0:
        return np.maximum(nats, 0.0)  # without learning scores, the score itself
    share = (1 + len(known) - np.searchsorted(known, nats, "left")) / (1 + len(known))
    start = float(np.quantile(known, TAIL))
    beyond = known[known > start]
    width = max(SHORTEST, float(np.mean(beyond - start))) if len(beyond) else SHORTEST
    tail = np.log(1 - TAIL) - np.maximum(nats - start, 0.0) / width
    found = -np.where(nats > start, np.maximum(tail, np.log(share - 1 / (1 + len(known)) + 1e-300)), np.log(share))
    return np.where(np.isnan(nats), np.nan, found)
