"""Compare the results of EM from several starts: order them, drop duplicates, and choose which continue."""

from typing import NamedTuple

import numpy as np

from kvae.modules.mixture.em import Solution
from kvae.modules.mixture.matching import agreement
from kvae.modules.mixture.neighbours import modularity

N_FINALISTS = 3
FAR = 0.01  # candidates whose modularity is lower than the best by more than this do not continue
SAME = 0.98  # two candidates that agree on this share of the rows count as the same optimum


class Candidate(NamedTuple):
    """The result of EM from one start.

    Attributes:
        kind: Kind of the start.
        solution: The result.
        labels: Its classes of the rows on which all candidates are compared, `(m,)`.
        modularity: The modularity of these classes in the graph of nearest neighbours.
    """

    kind: str
    solution: Solution
    labels: np.ndarray
    modularity: float

    @classmethod
    def of(cls, kind: str, solution: Solution, r: np.ndarray, graph: np.ndarray) -> "Candidate":
        """A candidate, from its responsibilities `r` `(m, K)` of the rows of the `graph` of neighbours."""
        labels = r.argmax(axis=1)
        return cls(kind, solution, labels, modularity(labels, graph, r.shape[1]))


def best_first(candidates: list[Candidate], selection: str, kept: str | None = None) -> list[Candidate]:
    """Candidates, the best first by `selection`; one of the kind `kept` comes before all others."""

    def key(candidate: Candidate) -> tuple[bool, float, float]:
        first, second = candidate.modularity, candidate.solution.score
        if selection == "score":
            first, second = second, first
        return candidate.kind != kept, -first, -second

    return sorted(candidates, key=key)


def distinct(candidates: list[Candidate], n_classes: int) -> list[Candidate]:
    """The candidates in order, without those whose classes agree, up to few rows, with those of an earlier one."""
    found: list[Candidate] = []
    for candidate in candidates:
        if all(agreement(candidate.labels, one.labels, n_classes) < SAME for one in found):
            found.append(candidate)
    return found


def finalists(candidates: list[Candidate], selection: str, kept: str) -> list[Candidate]:
    """The candidates that continue until they converge: the first few, of which one is of the kind `kept`.

    The order is that of `best_first`. Those with a modularity far below the best are left out, unless `selection`
    is `score`.
    """
    least = max(one.modularity for one in candidates) - FAR
    near = [one for one in candidates if one.kind == kept or selection == "score" or one.modularity >= least]
    return near[:N_FINALISTS]
