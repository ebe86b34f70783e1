"""For how many words a word counts: words of a row are not drawn one by one, and say less than so many draws.

A class of a mixture below is one thing that is known of a row, whatever it is scaled to; neighbouring windows of a
sound are nearly the same window. Counted as independent draws they make a row's topic surer than it is, and the
modality with most words drowns the others.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar

from kvae.modules.mlda.topics import TINY, Topics, softmax
from kvae.modules.mlda.words import Words

NEAR = 0.1  # how close a factor is found, as the logarithm


def first_trust(modalities: Sequence[Words], n_topics: int) -> list[float]:
    """Factors to begin with: a row of class probabilities is one word, counts are two words per topic at most."""
    if len(modalities) == 1:
        return [1.0 / words.per_row if words.are_classes else 1.0 for words in modalities]
    most = 2.0 * n_topics
    return [1.0 / words.per_row if words.are_classes else min(1.0, most / words.per_row) for words in modalities]


def explained(
    topics: Topics, modality: int, factor: float, evidence: Sequence[np.ndarray], both: np.ndarray
) -> float:
    """What a modality tells of the others through the topics, in nats per row.

    The mean of log p(words, others) / (p(words) p(others)) = log sum_k p(k | words) p(k | others) / p(k), over
    rows that have both: their pointwise mutual information as far as topics carry it.

    Args:
        topics: What was learnt.
        modality: Its number.
        factor: What its evidence is multiplied by.
        evidence: Of every modality, `(n, K)`.
        both: Which rows have it and others, `(n,)`.
    """
    log_shares = np.log(topics.shares)
    others = np.sum([values[both] for m, values in enumerate(evidence) if m != modality], axis=0)
    own, rest = softmax(log_shares + factor * evidence[modality][both])[0], softmax(log_shares + others)[0]
    return float(np.log(np.maximum((own * rest / topics.shares).sum(axis=1), TINY)).mean())


def agreement(topics: Topics, modalities: Sequence[Words]) -> float:
    """What modalities tell of each other through the topics, in nats per row: the mean of `explained`."""
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
    """Factors under which each modality of counts tells most of the others; see `explained`.

    Class probabilities stay one word, and a row of counts is at least one word and at most as many as it has. It
    is the scaling of a classifier by a temperature (Guo et al. 2017), with other modalities in place of labels.
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
