"""The exact nearest neighbours of many rows, much faster than by sorting all distances."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from kvae.modules.mixture.threads import Share, one_by_one

N_NEIGHBORS = 15
TREE_UP_TO = 6  # up to so many dimensions a tree is faster than cells
TREE_ROWS = 2048  # rows per query of the tree
ROUNDS = 5  # iterations of Lloyd's algorithm; cells need not be optimal
SAMPLE = 30  # rows per cell from which the centres are learnt
AROUND = 6  # the bound on distances is found in so many cells, or in more until they have enough rows
MOST = 4096  # and among at most so many of their rows
BLOCK = 1024  # rows of a cell whose neighbours are found at once
CHUNK = 1_000_000  # distances computed at once: 4 MB, which fit into a processor's cache
TIES = 4  # where the bound keeps more than so many times the wanted rows, distances are computed exactly first


def nearest(z: np.ndarray, n_neighbors: int = N_NEIGHBORS, share: Share = one_by_one) -> np.ndarray:
    """The rows nearest to every row of `z` `(n, d)`, the nearest first, `(n, n_neighbors)`; at most n - 1 of them.

    A row is not its own neighbour. Of rows at the same distance, up to rounding, any may be chosen. A tree finds
    them in few dimensions, `Cells` in more. Draws random numbers from a fixed seed.

    Args:
        z: Rows, `(n, d)`.
        n_neighbors: Number of neighbours of each row.
        share: The function that goes through the rows, in one thread or several.
    """
    z = np.asarray(z, np.float64)
    k = min(n_neighbors, len(z) - 1)
    if z.shape[1] <= TREE_UP_TO:
        tree = cKDTree(z)
        parts = [slice(start, start + TREE_ROWS) for start in range(0, len(z), TREE_ROWS)]
        return others(np.concatenate(share(lambda rows: tree.query(z[rows], k + 1)[1], parts)))
    cells = Cells.of(z)
    found = np.concatenate(share(lambda block: cells.nearest(*block, k), cells.blocks()))
    graph = np.empty_like(found)
    graph[cells.order] = cells.order[found]
    return graph


def others(found: np.ndarray) -> np.ndarray:
    """The rows found for every row, `(n, k + 1)`, without itself or, if that is absent, the last: `(n, k)`."""
    kept = found != np.arange(len(found))[:, None]
    kept[kept.all(axis=1), -1] = False  # the row itself is absent if more than k others equal it
    return found[kept].reshape(len(found), -1)


class Cells(NamedTuple):
    """Rows sorted by cells, a cell being the rows that have the same nearest centre.

    The k-th smallest distance to rows of the surrounding cells is an upper bound on the distances of a row's
    neighbours. Matrix products in single precision give all distances, of which few are within the bound. Only
    these are sorted, in double precision.

    Attributes:
        z: The sorted rows, `(n, d)`, of mean 0 and with absolute values of at most 1.
        order: The original number of each sorted row, `(n,)`.
        centres: The centres of the cells, `(M, d)`; every cell has a row.
        stops: The first sorted row of every cell, and the end of the last, `(M + 1,)`.
        left, right: `(n, d + 2)` and `(d + 2, n)`, in single precision; their product is all squared distances.
    """

    z: np.ndarray
    order: np.ndarray
    centres: np.ndarray
    stops: np.ndarray
    left: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, z: np.ndarray) -> "Cells":
        """Divide rows `z` `(n, d)` into at most sqrt(n) cells, found by Lloyd's algorithm."""
        z = z - z.mean(axis=0)
        z /= max(np.abs(z).max(), np.finfo(float).tiny)  # so that squares do not overflow in single precision
        n_cells = max(1, int(np.sqrt(len(z))))
        sample = z[np.random.default_rng(0).permutation(len(z))[: SAMPLE * n_cells]]
        centres = sample[:n_cells]
        for _ in range(ROUNDS):
            owner = np.unique(closest(sample, centres), return_inverse=True)[1]
            sums = np.stack([np.bincount(owner, column) for column in sample.T], axis=1)
            centres = sums / np.bincount(owner)[:, None]
        used, owner = np.unique(closest(z, centres), return_inverse=True)
        order = np.argsort(owner, kind="stable")
        z, stops = z[order], np.concatenate([[0], np.cumsum(np.bincount(owner))])
        return cls(z, order, centres[used], stops, *(half.astype(np.float32) for half in factors(z, z)))

    def blocks(self) -> list[tuple[int, slice]]:
        """All rows as blocks within a cell: the cell's number, and the block's range of sorted rows."""
        ends = zip(self.stops[:-1].tolist(), self.stops[1:].tolist(), strict=True)
        return [
            (number, slice(start, min(start + BLOCK, stop)))
            for number, (begin, stop) in enumerate(ends)
            for start in range(begin, stop, BLOCK)
        ]

    def nearest(self, number: int, own: slice, k: int) -> np.ndarray:
        """The `k` rows nearest to each row of a block `own` of a cell, `(m, k)`, as numbers of sorted rows."""
        z, left = self.z[own], self.left[own]
        around = self.around(number, k + 1)
        radius = kth(left @ self.right[:, around], k)
        left = left.copy()
        left[:, -2] -= radius + rounding(z, radius)  # products are then distances minus the bound
        ones, founds, width = [], [], max(1, CHUNK // len(z))
        space = np.empty((len(z), width), np.float32), np.empty((len(z), width), bool)  # reused for all chunks
        for start in range(0, len(self.z), width):
            rows = slice(start, min(start + width, len(self.z)))
            distances, inside = (one[:, : rows.stop - start] for one in space)
            np.matmul(left, self.right[:, rows], out=distances)
            np.less_equal(distances, 0.0, out=inside)
            pairs = np.flatnonzero(inside)
            if len(pairs) > TIES * (k + 1) * len(z):  # ties, or differences below single precision
                pairs = np.flatnonzero(lowest(exactly(z, self.z[rows]), k + 1))
            one, found = np.divmod(pairs, rows.stop - start)
            ones.append(one)
            founds.append(found + start)
        one, found = np.concatenate(ones), np.concatenate(founds)
        other = one + own.start != found
        one, found = one[other], found[other]
        order = np.lexsort((np.square(z[one] - self.z[found]).sum(axis=1), one))
        first = np.searchsorted(one[order], np.arange(len(z)))
        return found[order[first[:, None] + np.arange(k)]]

    def around(self, number: int, n: int) -> np.ndarray:
        """Numbers of rows in the cells around cell `number`, at least `n` of them."""
        order = np.argsort(np.square(self.centres - self.centres[number]).sum(axis=1), kind="stable")
        enough = 1 + np.searchsorted(np.cumsum(np.diff(self.stops)[order]), n)
        rows = [np.arange(*self.stops[cell : cell + 2]) for cell in order[: max(AROUND, enough)]]
        return np.concatenate(rows)[: max(MOST, n)]


def closest(z: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The number of the nearest centre of every row of `z` `(n, d)`, `(n,)`."""
    halves, width = np.square(centres).sum(axis=1) / 2, max(1, CHUNK // len(centres))
    parts = [z[start : start + width] @ centres.T - halves for start in range(0, len(z), width)]
    return np.concatenate([part.argmax(axis=1) for part in parts])


def factors(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two matrices whose product is the squared distances `(m, n)` of rows `a` `(m, d)` and `b` `(n, d)`."""
    of_a, of_b = (np.square(rows).sum(axis=1, keepdims=True) for rows in (a, b))
    left = np.concatenate([-2.0 * a, of_a, np.ones_like(of_a)], axis=1)
    return left, np.ascontiguousarray(np.concatenate([b, np.ones_like(of_b), of_b], axis=1).T)


def exactly(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances `(m, n)` of rows that are close to each other, in double precision around their mean."""
    centre = a.mean(axis=0)
    left, right = factors(a - centre, b - centre)
    return left @ right


def kth(distances: np.ndarray, k: int) -> np.ndarray:
    """The distance at position `k`, from 0, of the sorted `distances` `(m, n)` of every row."""
    return np.partition(distances, k, axis=1)[:, k]


def lowest(distances: np.ndarray, n: int) -> np.ndarray:
    """A mask `(m, w)` of the `n` smallest values in every row of `distances` `(m, w)`."""
    inside = np.zeros(distances.shape, bool)
    np.put_along_axis(inside, np.argpartition(distances, n - 1, axis=1)[:, :n], True, axis=1)
    return inside


def rounding(z: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """A bound `(m,)` on the rounding error of squared distances up to `radius` `(m,)` from `z` `(m, d)`."""
    reach = 2.0 * np.sqrt(np.square(z).sum(axis=1)) + np.sqrt(np.maximum(radius, 0.0))
    return (2.0 * (z.shape[1] + 3) * np.finfo(radius.dtype).eps * np.square(reach)).astype(radius.dtype)
