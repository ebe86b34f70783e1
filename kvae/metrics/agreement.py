"""How well several agents agree on what they call the same objects."""

from itertools import combinations

import numpy as np

from kvae.metrics.meaning import Meaning, measures


@measures(
    kappa=Meaning(
        "Kappa",
        "Cohen's kappa of the signs that two agents hold for the same objects, the mean over pairs of agents: 0 "
        "for agreement by chance, 1 for the same signs.",
        better="higher",
        rank=2,
    ),
    kappa_alone=Meaning(
        "Kappa alone",
        "Cohen's kappa of the signs that two agents give the same objects from their own observations alone, "
        "without communication.",
        better="higher",
    ),
)
def kappas(signs: np.ndarray) -> dict[tuple[int, int], float]:
    """Cohen's kappa (1960) of every pair of agents, of signs `(A, n)`, integers from 0; -1 is no sign.

    Only objects count for which both have a sign; a pair without any such object is left out.
    """
    found = {}
    for a, b in combinations(range(len(signs)), 2):
        both = (signs[a] >= 0) & (signs[b] >= 0)
        if both.any():
            found[a, b] = kappa(signs[a, both], signs[b, both])
    return found


def kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Cohen's kappa of two sequences of integers from 0, `(n,)`; 1 if both hold a single, equal sign."""
    k = int(max(first.max(), second.max())) + 1
    alike = float((first == second).mean())
    shares = [np.bincount(signs, minlength=k) / len(signs) for signs in (first, second)]
    by_chance = float(shares[0] @ shares[1])
    return 1.0 if by_chance >= 1.0 else (alike - by_chance) / (1.0 - by_chance)
