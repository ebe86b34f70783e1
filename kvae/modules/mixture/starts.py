"""Starts of EM: partitions of several kinds, because no single kind always finds the best mixture."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from kvae.modules.mixture.nearest import nearest
from kvae.modules.mixture.neighbours import joined_cells
from kvae.modules.mixture.threads import Share, one_by_one

CELLS = (20, 40)  # cells per component, alternating; fewer if cells had less than ROWS_PER_CELL rows on average
ROWS_PER_CELL = 10


@dataclass(frozen=True)
class Start:
    """Responsibilities `(n, K)` to start from, and their kind, such as `kmeans`."""

    kind: str
    r: np.ndarray


def starts(
    z: np.ndarray,
    n_components: int,
    n_starts: int,
    seed: int,
    graph: np.ndarray | None = None,
    share: Share = one_by_one,
) -> list[Start]:
    """`n_starts` starts for rows `z` `(n, d)`: a third are cells joined by neighbours, the others are k-means.

    Joined cells can follow clusters that are not spherical. k-means, with first centres by k-means++ (Arthur and
    Vassilvitskii 2007), can separate clusters that the graph joins. Draws random numbers from `seed`.

    Args:
        z: Rows, `(n, d)`.
        n_components: K.
        n_starts: Number of starts, at least 1.
        seed: Seed of the draws.
        graph: The neighbours of every row, `(n, k)`; None: they are computed.
        share: The function that goes through the starts, in one thread or several.
    """
    states = np.random.default_rng((seed, 2)).integers(2**31, size=n_starts).tolist()
    most = len(z) // ROWS_PER_CELL
    n_joined = n_starts // 3 if most > n_components else 0
    near = nearest(z, share=share) if n_joined and graph is None else graph

    def start(number: int) -> Start:
        if number >= n_joined:
            return Start("kmeans", one_hot(kmeans(z, n_components, states[number]), n_components))
        assert near is not None
        n_cells = min(CELLS[number % len(CELLS)] * n_components, most)
        cells = kmeans(z, n_cells, states[number], itr=20)
        return Start("neighbours", one_hot(joined_cells(cells, near, n_components), n_components))

    with quiet():  # around all threads, since filters of warnings apply to all of them
        return share(start, range(n_starts))


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore k-means's warning of fewer distinct rows than clusters; empty components are logged as small."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        yield


def kmeans(z: np.ndarray, n_components: int, seed: int, itr: int = 300) -> np.ndarray:
    """Labels `(n,)` of one run of k-means with at most `itr` iterations."""
    return KMeans(n_components, n_init=1, max_iter=itr, random_state=seed).fit_predict(z)


def one_hot(labels: np.ndarray, n_components: int) -> np.ndarray:
    """Labels `(n,)` as responsibilities `(n, K)`."""
    return np.eye(n_components)[labels]


def within_variance(z: np.ndarray, r: np.ndarray) -> np.ndarray:
    """The variance within components of every dimension, `(d,)`, averaged over rows; `r` is `(n, K)`."""
    centred, count = z - z.mean(axis=0), r.sum(axis=0)
    means = r.T @ centred / np.maximum(count, 1.0)[:, None]
    return np.maximum(np.square(centred).sum(axis=0) - count @ np.square(means), 0.0) / len(z)
