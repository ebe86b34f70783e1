"""Trust: for how many words a word counts, since the words of a row are not independent draws.

A class of a mixture below is one observation, whatever the sum of its row; neighbouring windows of a sound are
nearly equal. If all words counted as independent draws, topic probabilities would be overconfident, and the
modality with the most words would dominate the others.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar

from kvae.modules.mlda.topics import TINY, Topics, softmax
from kvae.modules.mlda.words import Words

NEAR = 0.1  # tolerance of the logarithm of a factor


def first_trust(modalities: Sequence[Words], n_topics: int) -> list[float]:
    """Initial factors: a row of class probabilities counts as one word, counts as at most two words per topic.

    With one modality, counts keep the factor 1.
    """
    if len(modalities) == 1:
        return [1.0 / words.per_row if words.are_classes else 1.0 for words in modalities]
    most = 2.0 * n_topics
    return [1.0 / words.per_row if words.are_classes else min(1.0, most / words.per_row) for words in modalities]


def explained(
    topics: Topics, modality: int, factor: float, evidence: Sequence[np.ndarray], both: np.ndarray
) -> float:
    """The information that a modality has about the others through the topics, in nats per row.

    This is the mean pointwise mutual information under the topics over rows that have both,
    log p(words, others) / (p(words) p(others)) = log sum_k p(k | words) p(k | others) / p(k).

    Args:
        topics: The learnt topics.
        modality: The number of the modality.
        factor: The factor on its evidence.
        evidence: The evidence of every modality, `(n, K)`.
        both: Which rows have this modality and another, `(n,)`.
    """
    log_shares = np.log(topics.shares)
    others = np.sum([values[both] for m, values in enumerate(evidence) if m != modality], axis=0)
    own, rest = softmax(log_shares + factor * evidence[modality][both])[0], softmax(log_shares + others)[0]
    return float(np.log(np.maximum((own * rest / topics.shares).sum(axis=1), TINY)).mean())


def agreement(topics: Topics, modalities: Sequence[Words]) -> float:
    """The information of modalities about each other through the topics: the mean of `explained`, in nats."""
    evidence = [topics.evidence(m, words.x) for m, words in enumerate(modalities)]
    found = []
    for m in range(len(modalities)):
        both = shared(modalities, m)
        if both.any():
            found.append(explained(topics, m, 1.0, evidence, both))
    return float(np.mean(found)) if found else 0.0


def shared(modalities: Sequence[Words], modality: int) -> np.ndarray:
    """Which rows have a modality and any other, `(n,)`."""
    others = [words.there for m, words in enumerate(modalities) if m != modality]
    there = modalities[modality].there
    return there & np.any(others, axis=0) if others else np.zeros_like(there)


def learnt_trust(topics: Topics, modalities: Sequence[Words]) -> list[float]:
    """The trust in each modality: for counts the factor that maximises `explained`.

    A row of class probabilities always counts as one word. A row of counts counts as at least one word, and at
    most as many as it has. This is temperature scaling of a classifier (Guo et al. 2017), with the other
    modalities in place of labels.
    """
    trust = [float(factor) for factor in topics.trust]
    evidence = [topics.evidence(m, words.x) for m, words in enumerate(modalities)]
    for m, words in enumerate(modalities):
        both = shared(modalities, m)
        if words.are_classes or not both.any():
            continue
        bounds = np.log(min(1.0, 1.0 / words.per_row) / trust[m]), np.log(1.0 / trust[m])
        if bounds[1] - bounds[0] < NEAR:
            continue
        found = minimize_scalar(
            lambda log_factor, m=m, both=both: -explained(topics, m, np.exp(log_factor), evidence, both),
            bounds=bounds,
            method="bounded",
            options={"xatol": NEAR},
        )
        factor = float(np.exp(found.x))
        trust[m], evidence[m] = float(trust[m]) * factor, evidence[m] * factor
    return trust
