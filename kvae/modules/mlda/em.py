"""Expectation-maximisation from one start: for one topic per row, and for latent Dirichlet allocation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from kvae.modules.mlda.allocation import begun, divergence, expected_words, floored
from kvae.modules.mlda.topics import TINY, Topics, softmax
from kvae.modules.mlda.words import Words, stacked

# Extra rows counted for every topic when shares are estimated, so that no share becomes 0.
SPARE = 1.0


class Rows:
    """The rows of a fit: the words of all modalities side by side, and the message from above.

    Args:
        modalities: The words of the rows.
        trust: The factor by which each modality's counts are multiplied.
        n_topics: K.
        beta: Extra count of every word in every topic.
        above: Class probabilities from above, `(n, K)`.
    """

    def __init__(
        self,
        modalities: Sequence[Words],
        trust: Sequence[float],
        n_topics: int,
        beta: float,
        above: np.ndarray | None = None,
    ) -> None:
        self.x, self.trust, self.n_topics = stacked(modalities, trust), list(trust), n_topics
        self.by_word = csr_array(self.x.T)
        stops = np.cumsum([words.width for words in modalities]).tolist()
        self.blocks = [slice(stop - words.width, stop) for stop, words in zip(stops, modalities, strict=True)]
        self.extra = np.concatenate(
            [np.full(words.width, beta * factor) for words, factor in zip(modalities, trust, strict=True)]
        )
        self.log_above = None if above is None else np.log(np.maximum(above, TINY))
        self.totals = np.asarray(self.x.sum(axis=1))

    def __len__(self) -> int:
        return len(self.totals)

    def words(self, counts: np.ndarray) -> np.ndarray:
        """p(word | topic) from expected counts, both `(K, sum of V)`, normalised within each modality."""
        raised = counts + self.extra
        parts = [raised[:, block] / raised[:, block].sum(axis=1, keepdims=True) for block in self.blocks]
        return np.concatenate(parts, axis=1)

    def log_density(self, words: np.ndarray) -> float:
        """Log prior density of p(word | topic), Dirichlet(1 + beta), up to a constant."""
        return float((np.log(words) @ self.extra).sum())

    def topics(self, shares: np.ndarray, words: np.ndarray, alpha: float) -> Topics:
        return Topics(shares, [words[:, block] for block in self.blocks], self.trust, alpha)


@dataclass(frozen=True)
class Solution:
    """The result of a run.

    Attributes:
        topics: The parameters.
        p: Expected topics of the rows, `(n, K)`.
        score: The bound on the log-likelihood plus the log prior density, in nats; for one topic per row the bound
            is the log-likelihood.
        scores: The score after every iteration.
    """

    topics: Topics
    p: np.ndarray
    score: float
    scores: list[float]


def run_em(rows: Rows, p: np.ndarray, itr: int, temperatures: Sequence[float] = (), tol: float = 1e-5) -> Solution:
    """EM for one topic per row, from responsibilities `(n, K)`, until the score grows by less than `tol` per row.

    `tol` is in nats. In the first iterations, log-probabilities are multiplied by `temperatures`: deterministic
    annealing (Ueda and Nakano 1998), with which random starts reach better optima. Draws no random numbers.
    """
    scores: list[float] = []
    for number in range(max(1, itr)):
        shares = p.sum(axis=0) + SPARE
        shares = shares / shares.sum()
        words = rows.words((rows.by_word @ p).T)
        log_p = np.log(shares) + rows.x @ np.log(words).T
        if rows.log_above is not None:
            log_p = log_p + rows.log_above
        annealed = number < len(temperatures)
        p, log_sum = softmax(log_p * temperatures[number] if annealed else log_p)
        if annealed:
            continue
        scores.append(float(log_sum.sum()) + rows.log_density(words) + SPARE * float(np.log(shares).sum()))
        if len(scores) > 1 and scores[-1] - scores[-2] < tol * len(rows):
            break
    score = scores[-1] if scores else -np.inf
    return Solution(rows.topics(shares, words, 0.0), p, score, scores)


def run_allocation(rows: Rows, p: np.ndarray, alpha: float, itr: int, tol: float = 1e-5) -> Solution:
    """Latent Dirichlet allocation by variational Bayes, from topic probabilities `(n, K)`.

    q(theta_n) is a Dirichlet distribution, and p(word | topic) the mode of its posterior (Blei, Ng and Jordan
    2003, sections 5.2 and 5.4). Draws no random numbers.
    """
    k = rows.n_topics
    prior = np.full((len(rows), k), alpha)
    if rows.log_above is not None:
        prior = floored(alpha * k * softmax(rows.log_above)[0])
    gamma, words = begun(p, rows.totals, prior), rows.words((rows.by_word @ p).T)
    scores: list[float] = []
    for _ in range(max(1, itr)):
        of_rows, of_words, log_p = expected_words(rows.x, words, gamma)
        scores.append(float((log_p - divergence(gamma, prior)).sum()) + rows.log_density(words))
        if len(scores) > 1 and scores[-1] - scores[-2] < tol * len(rows):
            break
        gamma, words = prior + of_rows, rows.words(of_words)
    topics = rows.topics(np.full(k, 1.0 / k), words, alpha)
    return Solution(topics, gamma / gamma.sum(axis=1, keepdims=True), scores[-1], scores)
