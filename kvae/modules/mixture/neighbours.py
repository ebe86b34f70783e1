"""The graph of nearest neighbours: how well classes agree with it, and classes made from it."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

MAX_VOTES = 10  # rounds of votes, in each of which every row may change its class
BRUTE_ABOVE = 8  # above so many dimensions a tree is slower than computing all distances


def search(z: np.ndarray, n_neighbors: int) -> NearestNeighbors:
    """A fitted search for the nearest of the rows `z` `(n, d)`."""
    return NearestNeighbors(
        n_neighbors=n_neighbors, algorithm="brute" if z.shape[1] > BRUTE_ABOVE else "auto"
    ).fit(z)


def links(labels: np.ndarray, graph: np.ndarray, n_classes: int) -> np.ndarray:
    """The number of links between classes, counted from both ends: symmetric, `(n_classes, n_classes)`."""
    pairs = labels[:, None] * n_classes + labels[graph]
    counts = np.bincount(pairs.ravel(), minlength=n_classes**2).reshape(n_classes, n_classes).astype(float)
    return counts + counts.T


def modularity(labels: np.ndarray, graph: np.ndarray, n_classes: int) -> float:
    """The share of links within classes minus its expectation by chance (Newman and Girvan 2004, equation 5).

    It is below 1, and needs neither true classes nor a model. Unlike a likelihood it does not grow with small
    covariances. It is lower for classes that cut through a group of neighbours, or that join two groups.

    Args:
        labels: Classes, `(n,)`.
        graph: The neighbours of every row, `(n, k)`.
        n_classes: K.
    """
    shares = links(labels, graph, n_classes)
    shares /= shares.sum()
    return float(np.trace(shares) - np.square(shares.sum(axis=1)).sum())


def joined_cells(cells: np.ndarray, graph: np.ndarray, n_classes: int) -> np.ndarray:
    """Classes `(n,)` of rows in small `cells` `(n,)`: cells with many links between them are joined."""
    return joined_by_links(links(cells, graph, int(cells.max()) + 1), n_classes)[cells]


def joined_by_links(between: np.ndarray, n_classes: int) -> np.ndarray:
    """The class of every cell `(M,)`, from the links between cells `(M, M)`.

    Each step joins the two cells whose union adds most to the modularity per link of the smaller one, so that no
    class absorbs all others (Danon, Diaz-Guilera and Arenas 2006, equation 5).
    """
    between, degree = between.copy(), between.sum(axis=1)
    total, owner = degree.sum(), np.arange(len(between))
    alive = degree > 0  # a cell without rows has no links
    owner[~alive] = int(alive.argmax())

    def gains(cells: np.ndarray | slice) -> np.ndarray:
        """The gain in modularity of joining some cells with every other, per link of the smaller one."""
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
        # The gains of all other pairs do not change.
        changed = np.where(alive, gains(np.array([kept]))[0], -np.inf)
        changed[kept] = -np.inf
        gain[kept] = gain[:, kept] = changed
        gain[gone] = gain[:, gone] = -np.inf
    return np.unique(owner, return_inverse=True)[1].reshape(-1)


def voted(r: np.ndarray, graph: np.ndarray, above: np.ndarray | None = None) -> np.ndarray:
    """Class probabilities `(n, K)` after rounds of votes, until no row changes its class, or after ten rounds.

    The voters of a row are its neighbours in the graph, in both directions. The probabilities of a row are the
    shares of their votes, with its own `r` `(n, K)` counted as one vote, times the probabilities from `above`
    `(n, K)`.
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
    """Learnt rows that vote on the classes of other rows.

    Attributes:
        z: Rows, `(n, d)`.
        labels: Their classes, `(n,)`.
    """

    z: np.ndarray
    labels: np.ndarray

    def vote(self, z: np.ndarray, r: np.ndarray, n_neighbors: int, above: np.ndarray | None = None) -> np.ndarray:
        """Class probabilities `(m, K)` of rows `z` `(m, d)` by one round of votes of their nearest learnt rows."""
        found = self.labels[search(self.z, min(n_neighbors, len(self.z))).kneighbors(z, return_distance=False)]
        votes = np.stack([(found == number).sum(axis=1) for number in range(r.shape[1])], axis=1)
        return times(votes + r, above)


def times(votes: np.ndarray, above: np.ndarray | None) -> np.ndarray:
    """Votes `(n, K)`, times the probabilities from above if there are any, normalised."""
    product = votes if above is None else votes * above
    return product / np.maximum(product.sum(axis=1, keepdims=True), np.finfo(float).tiny)
