"""Where EM starts: partitions of several kinds, because no single kind finds the best mixture every time."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.exceptions import ConvergenceWarning

SPECTRAL_ROWS = 2000  # a spectral partition costs the cube of its rows
NEIGHBOURS = 10


@dataclass(frozen=True)
class Start:
    """Responsibilities `(n, K)` to start from, and where they come from; rows that it says nothing of are 0."""

    kind: str
    r: np.ndarray


def starts(
    z: np.ndarray, n_components: int, n_starts: int, seed: int, previous: np.ndarray | None = None
) -> Iterator[Start]:
    """`n_starts` starts for rows `z` `(n, d)`, a third of them spectral, the others k-means.

    Spectral partitions of the graph of nearest neighbours see the shape of clusters that are no balls; each is
    of another random half of the rows. k-means (Arthur and Vassilvitskii 2007 choose its first centres) finds
    what the graph joins. Draws from `seed`.

    Args:
        z: Rows, `(n, d)`.
        n_components: K.
        n_starts: How many, at least 1; `previous` comes on top.
        seed: Source of the draws.
        previous: Responsibilities of an earlier fit, `(n, K)`.
    """
    if previous is not None:
        yield Start("previous", previous)
    rng = np.random.default_rng((seed, 2))
    n_spectral = n_starts // 3 if len(z) > max(2 * NEIGHBOURS, 4 * n_components) else 0
    for number in range(n_starts):
        state = int(rng.integers(2**31))
        if number < n_spectral:
            rows = rng.permutation(len(z))[: min(len(z) // 2, SPECTRAL_ROWS)]
            yield Start("spectral", one_hot(spectral(z[rows], n_components, state), n_components, len(z), rows))
        else:
            yield Start("kmeans", one_hot(kmeans(z, n_components, state), n_components, len(z)))


def kmeans(z: np.ndarray, n_components: int, seed: int) -> np.ndarray:
    """Labels `(n,)` of one run of k-means."""
    with warnings.catch_warnings():
        # Fewer distinct rows than clusters: some start empty, and are reported as small.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        return KMeans(n_components, n_init=1, random_state=seed).fit_predict(z)


def spectral(z: np.ndarray, n_components: int, seed: int) -> np.ndarray:
    """Labels `(n,)` of the normalised cut of the graph of nearest neighbours (Shi and Malik 2000)."""
    model = SpectralClustering(
        n_components,
        affinity="nearest_neighbors",
        n_neighbors=min(NEIGHBOURS, len(z) - 1),
        assign_labels="cluster_qr",
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Clusters that are far apart give a graph in pieces: the partition is then the pieces.
        warnings.filterwarnings("ignore", message="Graph is not fully connected")
        return model.fit_predict(z)


def one_hot(
    labels: np.ndarray, n_components: int, n: int | None = None, rows: np.ndarray | None = None
) -> np.ndarray:
    """Labels `(m,)` of `rows` (default: of all `n` rows) as responsibilities `(n, K)`."""
    r = np.zeros((len(labels) if n is None else n, n_components))
    r[np.arange(len(labels)) if rows is None else rows, labels] = 1.0
    return r


def within_variance(z: np.ndarray, r: np.ndarray) -> float:
    """Mean over components and dimensions of the variance within a component, for responsibilities `(n, K)`."""
    count = r.sum(axis=0)
    means = r.T @ z / np.maximum(count, 1.0)[:, None]
    scatter = np.sum(r.T @ np.square(z)) - np.sum(count[:, None] * np.square(means))
    return float(scatter / (max(count.sum(), 1.0) * z.shape[1]))
