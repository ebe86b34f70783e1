"""Starts of the fit: classes of modules below, k-means, and random topics with annealing."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from kvae.modules.mixture.matching import match_components
from kvae.modules.mlda.words import Words

ANNEALING = tuple(np.linspace(0.1, 1.0, 25).tolist())


@dataclass(frozen=True)
class Start:
    """Topic probabilities `(n, K)` to start from, their kind, and temperatures of the annealing; see `run_em`."""

    kind: str
    p: np.ndarray
    temperatures: Sequence[float] = ()

    def renumbered(self, reference: np.ndarray) -> "Start":
        """The same start with its topics in the order of `reference` `(n, K)`."""
        return Start(self.kind, self.p[:, match_components(self.p, reference)], self.temperatures)


def starts(x: csr_array, modalities: Sequence[Words], n_topics: int, n_starts: int, seed: int) -> Iterator[Start]:
    """Starts for rows of words `x` `(n, V)`, all modalities side by side. Draws random numbers from `seed`.

    The classes of every modality that has as many classes as there are topics, and `n_starts` more. A third of
    these is k-means on the square roots of the counts, the others are random.
    """
    n = x.shape[0]
    for words in modalities:
        if words.are_classes and words.width == n_topics:
            yield Start("classes", shares_of(words.x, n_topics))
    rng = np.random.default_rng((seed, 3))
    roots = csr_array((np.sqrt(x.data), x.indices, x.indptr), shape=x.shape)
    for number in range(n_starts):
        state = int(rng.integers(2**31))
        if number % 3 == 0 and n > n_topics:
            yield Start("kmeans", np.eye(n_topics)[kmeans(roots, n_topics, state)])
        else:
            p = np.random.default_rng(state).dirichlet(np.full(n_topics, 0.5), n)
            yield Start("random", p, ANNEALING)


def kmeans(rows: csr_array, n_topics: int, seed: int) -> np.ndarray:
    """Labels `(n,)` of one run of k-means."""
    with warnings.catch_warnings():
        # With fewer distinct rows than topics some clusters are empty, which is allowed.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        return KMeans(n_topics, n_init=1, random_state=seed).fit_predict(rows)


def shares_of(x: csr_array, n_topics: int) -> np.ndarray:
    """Rows of words as shares `(n, K)`; rows without words get equal shares."""
    table = x.toarray()
    totals = table.sum(axis=1, keepdims=True)
    return np.where(totals > 0, table / np.where(totals > 0, totals, 1.0), 1.0 / n_topics)
