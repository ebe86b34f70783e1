"""The graph of nearest neighbours of rows: how well classes agree with it, and classes that it gives."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

MAX_VOTES = 10  # times that all rows take over the class of most of their neighbours
BRUTE_ABOVE = 8  # dimensions beyond which a tree is slower than all distances


def search(z: np.ndarray, n_neighbors: int) -> NearestNeighbors:
    """What finds the nearest of rows `z` `(n, d)`."""
    return NearestNeighbors(
        n_neighbors=n_neighbors, algorithm="brute" if z.shape[1] > BRUTE_ABOVE else "auto"
    ).fit(z)


def links(labels: np.ndarray, graph: np.ndarray, n_classes: int) -> np.ndarray:
    """Links of the graph between classes, counted from both ends: symmetric, `(n_classes, n_classes)`."""
    pairs = labels[:, None] * n_classes + labels[graph]
    counts = np.bincount(pairs.ravel(), minlength=n_classes**2).reshape(n_classes, n_classes).astype(float)
    return counts + counts.T


def modularity(labels: np.ndarray, graph: np.ndarray, n_classes: int) -> float:
    """Share of links within classes, less what chance would give; below 1 (Newman and Girvan 2004, equation 5).

    It sees no true classes and no model, and does not grow with tight covariances as a likelihood does: it tells
    classes that cut through a group of neighbours, or join two groups, from those that follow them.

    Args:
        labels: Classes, `(n,)`.
        graph: The neighbours of every row, `(n, k)`.
        n_classes: K.
    """
    shares = links(labels, graph, n_classes)
    shares /= shares.sum()
    return float(np.trace(shares) - np.square(shares.sum(axis=1)).sum())


def joined_cells(cells: np.ndarray, graph: np.ndarray, n_classes: int) -> np.ndarray:
    """Classes `(n,)` of rows in small `cells` `(n,)`, which are joined where many neighbours lie in the other."""
    return joined_by_links(links(cells, graph, int(cells.max()) + 1), n_classes)[cells]


def joined_by_links(between: np.ndarray, n_classes: int) -> np.ndarray:
    """The class of every cell `(M,)`, from the links between cells `(M, M)`.

    Joined are always the two that add most to the modularity for each link of the smaller one, so that no class
    swallows the others (Danon, Diaz-Guilera and Arenas 2006, equation 5).
    """
    between, degree = between.copy(), between.sum(axis=1)
    total, owner = degree.sum(), np.arange(len(between))
    alive = degree > 0  # a cell without rows has no links
    owner[~alive] = int(alive.argmax())

    def gains(cells: np.ndarray | slice) -> np.ndarray:
        """What joining each of some cells to every other adds, for each link of the smaller one."""
        smaller = np.maximum(np.minimum(degree[cells, None], degree), 1.0)
        return (between[cells] - degree[cells, None] * degree / total) / smaller

    gain = gains(slice(None))
    gain[~alive] = gain[:, ~alive] = -np.inf
    np.fill_diagonal(gain, -np.inf)
    for _ in range(int(alive.sum()) - n_classes):
        kept, gone = np.unravel_index(gain.argmax(), gain.shape)
        between[kept] += between[gone]
        between[:, kept] += between[:, gone]
        degree[kept] += degree[gone]
        owner[owner == gone], alive[gone] = kept, False
        # Of all others the gain stays what it was.
        changed = np.where(alive, gains(np.array([kept]))[0], -np.inf)
        changed[kept] = -np.inf
        gain[kept] = gain[:, kept] = changed
        gain[gone] = gain[:, gone] = -np.inf
    return np.unique(owner, return_inverse=True)[1].reshape(-1)


def voted(r: np.ndarray, graph: np.ndarray, above: np.ndarray | None = None) -> np.ndarray:
    """Class probabilities `(n, K)` after neighbours, of both directions, have voted until none changes its class.

    Of a row it is the share of its neighbours' votes for each class, its own `r` `(n, K)` counted as one of them,
    times what is told from `above` `(n, K)`. Ten turns at most.
    """
    n, k = graph.shape
    ends = (np.repeat(np.arange(n), k), graph.ravel())
    one_way = sparse.csr_array((np.ones(n * k, np.float32), ends), (n, n))
    either = one_way + one_way.T
    labels, shares = r.argmax(axis=1), r
    for _ in range(MAX_VOTES):
        shares = times(either @ np.eye(r.shape[1], dtype=np.float32)[labels] + r, above)
        last, labels = labels, shares.argmax(axis=1)
        if np.array_equal(last, labels):
            break
    return shares


@dataclass(frozen=True)
class Voters:
    """Rows with classes, which the classes of other rows are looked up from.

    Attributes:
        z: Rows, `(n, d)`.
        labels: Their classes, `(n,)`.
    """

    z: np.ndarray
    labels: np.ndarray

    def vote(self, z: np.ndarray, r: np.ndarray, n_neighbors: int, above: np.ndarray | None = None) -> np.ndarray:
        """Class probabilities `(m, K)` of rows `z` `(m, d)`: the votes of their nearest; see `voted`."""
        found = self.labels[search(self.z, min(n_neighbors, len(self.z))).kneighbors(z, return_distance=False)]
        votes = np.stack([(found == number).sum(axis=1) for number in range(r.shape[1])], axis=1)
        return times(votes + r, above)


def times(votes: np.ndarray, above: np.ndarray | None) -> np.ndarray:
    """Votes `(n, K)` as probabilities, times those from above."""
    product = votes if above is None else votes * above
    return product / np.maximum(product.sum(axis=1, keepdims=True), np.finfo(float).tiny)
