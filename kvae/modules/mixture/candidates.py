"""Where EM came from its starts: which are the best, which are the same, and which go on."""

from typing import NamedTuple

import numpy as np

from kvae.modules.mixture.em import Solution
from kvae.modules.mixture.matching import agreement
from kvae.modules.mixture.neighbours import modularity

N_FINALISTS = 3
FAR = 0.01  # modularity below the best's, from which more iterations do not lead to the best
SAME = 0.98  # share of the rows in the same classes, from which two are taken for the same optimum


class Candidate(NamedTuple):
    """Where EM came from a start.

    Attributes:
        kind: Of the start.
        solution: What EM found.
        labels: The classes of the rows that all candidates are compared by, `(m,)`.
        modularity: How well these classes keep neighbours together.
    """

    kind: str
    solution: Solution
    labels: np.ndarray
    modularity: float

    @classmethod
    def of(cls, kind: str, solution: Solution, r: np.ndarray, graph: np.ndarray) -> "Candidate":
        """With the responsibilities `r` `(m, K)` of the rows whose neighbours `graph` has."""
        labels = r.argmax(axis=1)
        return cls(kind, solution, labels, modularity(labels, graph, r.shape[1]))


def best_first(candidates: list[Candidate], selection: str, kept: str | None = None) -> list[Candidate]:
    """Candidates in the order of what they are chosen by; first of all one of the kind `kept`."""

    def key(candidate: Candidate) -> tuple[bool, float, float]:
        first, second = candidate.modularity, candidate.solution.score
        if selection == "score":
            first, second = second, first
        return candidate.kind != kept, -first, -second

    return sorted(candidates, key=key)


def distinct(candidates: list[Candidate], n_classes: int) -> list[Candidate]:
    """The candidates in their order, without those whose classes are, but for a few rows, those of one before."""
    found: list[Candidate] = []
    for candidate in candidates:
        if all(agreement(candidate.labels, one.labels, n_classes) < SAME for one in found):
            found.append(candidate)
    return found


def finalists(candidates: list[Candidate], selection: str, kept: str) -> list[Candidate]:
    """Those of the candidates, the best first, that go on to their end: a few, and one of the kind `kept`."""
    least = max(one.modularity for one in candidates) - FAR
    near = [one for one in candidates if one.kind == kept or selection == "score" or one.modularity >= least]
    return near[:N_FINALISTS]
