"""The nearest neighbours of many rows, exactly, in a fraction of the time that sorting all distances takes."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from kvae.modules.mixture.threads import Share, one_by_one

N_NEIGHBORS = 15
TREE_UP_TO = 6  # dimensions up to which a tree is faster
TREE_ROWS = 2048  # rows that are looked up in it at once
ROUNDS = 5  # of Lloyd's algorithm: cells need not be the best
SAMPLE = 30  # rows for each cell from which the centres are learnt
AROUND = 6  # cells in which neighbours are looked for at first, as long as they have
MOST = 4096  # rows at most
BLOCK = 1024  # rows of a cell that are looked up at once
CHUNK = 1_000_000  # distances that are there at once: 4 MB, which stay in a processor's cache
TIES = 4  # times as many rows within the distance as are asked for: not worth sorting


def nearest(z: np.ndarray, n_neighbors: int = N_NEIGHBORS, share: Share = one_by_one) -> np.ndarray:
    """The rows nearest to every row of `z` `(n, d)`, the nearest first: `(n, n_neighbors)`, or n - 1 of them.

    A row is not its own neighbour. Of rows at the same distance, to rounding, any is taken. In few dimensions they
    are looked up in a tree, in others among `Cells`. Draws no random numbers but from a seed of its own.

    Args:
        z: Rows, `(n, d)`.
        n_neighbors: How many for each.
        share: What goes through the rows.
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
    """The `k + 1` rows found for every row `(n, k + 1)` without itself, or without the last: `(n, k)`."""
    kept = found != np.arange(len(found))[:, None]
    kept[kept.all(axis=1), -1] = False  # it was pushed out by rows that equal it
    return found[kept].reshape(len(found), -1)


class Cells(NamedTuple):
    """Rows sorted by the cell of the nearest centre, so that most neighbours of a row are close to it.

    What is found in the cells around a row bounds the distance of its neighbours. All distances are computed, as
    matrix products in single precision, and few are within the bound: those alone are sorted, in double precision.

    Attributes:
        z: The sorted rows, `(n, d)`, of mean 0 and at most 1.
        order: Which row each of them is, `(n,)`.
        centres: Of the cells, `(M, d)`; each has a row.
        stops: Where the rows of every cell begin, and of the last end, `(M + 1,)`.
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
        """About as many cells of rows `z` `(n, d)` as each has rows."""
        z = z - z.mean(axis=0)
        z /= max(np.abs(z).max(), np.finfo(float).tiny)  # whose squares single precision holds
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
        """The number of a cell, and some of its rows, of all cells."""
        ends = zip(self.stops[:-1].tolist(), self.stops[1:].tolist(), strict=True)
        return [
            (number, slice(start, min(start + BLOCK, stop)))
            for number, (begin, stop) in enumerate(ends)
            for start in range(begin, stop, BLOCK)
        ]

    def nearest(self, number: int, own: slice, k: int) -> np.ndarray:
        """The `k` rows nearest to rows of a cell, `(m, k)`, in numbers of the sorted rows."""
        z, left = self.z[own], self.left[own]
        around = self.around(number, k + 1)
        radius = kth(left @ self.right[:, around], k)
        left = left.copy()
        left[:, -2] -= radius + rounding(z, radius)  # products are what distances are above the bound
        ones, founds, width = [], [], max(1, CHUNK // len(z))
        space = np.empty((len(z), width), np.float32), np.empty((len(z), width), bool)  # used again and again
        for start in range(0, len(self.z), width):
            rows = slice(start, min(start + width, len(self.z)))
            distances, inside = (one[:, : rows.stop - start] for one in space)
            np.matmul(left, self.right[:, rows], out=distances)
            np.less_equal(distances, 0.0, out=inside)
            pairs = np.flatnonzero(inside)
            if len(pairs) > TIES * (k + 1) * len(z):  # ties, or closer together than single precision tells
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
        """Rows of the cells around one, at least `n`."""
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
    """What multiplies to the squared distances `(m, n)` of rows `a` `(m, d)` and `b` `(n, d)`."""
    of_a, of_b = (np.square(rows).sum(axis=1, keepdims=True) for rows in (a, b))
    left = np.concatenate([-2.0 * a, of_a, np.ones_like(of_a)], axis=1)
    return left, np.ascontiguousarray(np.concatenate([b, np.ones_like(of_b), of_b], axis=1).T)


def exactly(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances `(m, n)` of rows that are close to each other, in double precision."""
    centre = a.mean(axis=0)
    left, right = factors(a - centre, b - centre)
    return left @ right


def kth(distances: np.ndarray, k: int) -> np.ndarray:
    """The distance in place `k`, from 0, of every row of `distances` `(m, n)`."""
    return np.partition(distances, k, axis=1)[:, k]


def lowest(distances: np.ndarray, n: int) -> np.ndarray:
    """Which are the `n` lowest of every row of `distances` `(m, w)`."""
    inside = np.zeros(distances.shape, bool)
    np.put_along_axis(inside, np.argpartition(distances, n - 1, axis=1)[:, :n], True, axis=1)
    return inside


def rounding(z: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """By how much a product of `factors` may miss squared distances up to `radius` `(m,)` from `z` `(m, d)`."""
    reach = 2.0 * np.sqrt(np.square(z).sum(axis=1)) + np.sqrt(np.maximum(radius, 0.0))
    return (2.0 * (z.shape[1] + 3) * np.finfo(radius.dtype).eps * np.square(reach)).astype(radius.dtype)
