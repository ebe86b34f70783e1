"""Latent Dirichlet allocation by variational Bayes: the topics of rows, and the expected words of topics.

Blei, Ng and Jordan 2003, section 5.2, for a sparse table of counts: q(theta_n) = Dirichlet(gamma_n), and for each
word the optimal distribution over topics given q(theta_n).
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.special import digamma, gammaln

# Numbers of words times topics in memory at once: 64 MiB.
AT_ONCE = 2**23
FOLDING_ITR = 200
TOLERANCE = 1e-8
START = 0.9  # share of a row's words that initially have the topics `p`
SMALL = 1e-6


def rows_of(x: csr_array, topics: int) -> Iterator[slice]:
    """Slices of rows for which words times topics have at most `AT_ONCE` numbers."""
    most = max(1, AT_ONCE // topics)
    start, n = 0, x.shape[0]
    while start < n:
        stop = int(np.searchsorted(x.indptr, x.indptr[start] + most, side="right")) - 1
        yield slice(start, max(start + 1, min(stop, n)))
        start = max(start + 1, min(stop, n))


def log_topics(gamma: np.ndarray) -> np.ndarray:
    """E[log theta] under Dirichlet(gamma), `(n, K)`."""
    return digamma(gamma) - digamma(gamma.sum(axis=1, keepdims=True))


def expected_words(
    x: csr_array, words: np.ndarray, gamma: np.ndarray, of_words: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The expected assignment of words to topics, given q(theta) of their rows and p(word | topic).

    Args:
        x: Counts `(n, V)`.
        words: p(word | topic), `(K, V)`.
        gamma: Dirichlet parameters of the rows' topics, `(n, K)`.
        of_words: Whether to compute counts of topics by words.

    Returns:
        Counts of rows by topics `(n, K)`; counts of topics by words `(K, V)`, zeros without `of_words`; and the
        expected log-probability of the words of each row in nats, `(n,)`.
    """
    theta, table = np.exp(log_topics(gamma)), np.ascontiguousarray(words.T)
    of_rows, log_p = np.empty_like(theta), np.empty(len(theta))
    found = np.zeros_like(table)
    for rows in rows_of(x, len(words)):
        part, here = csr_array(x[rows]), theta[rows]
        number = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        p = np.maximum(np.einsum("ik,ik->i", here[number], table[part.indices]), 1e-300)
        ratio = csr_array((part.data / p, part.indices, part.indptr), shape=part.shape)
        of_rows[rows] = here * (ratio @ table)
        log_p[rows] = np.bincount(number, part.data * np.log(p), minlength=part.shape[0])
        if of_words:
            found += ratio.T @ here
    return of_rows, (found * table).T, log_p


def divergence(gamma: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """KL(Dirichlet(gamma) || Dirichlet(prior)) for every row in nats, `(n,)`."""

    def log_norm(a: np.ndarray) -> np.ndarray:
        return gammaln(a.sum(axis=1)) - gammaln(a).sum(axis=1)

    return log_norm(gamma) - log_norm(prior) + np.sum((gamma - prior) * log_topics(gamma), axis=1)


def begun(p: np.ndarray, totals: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """The initial gamma: most of a row's words have the topics `p` `(n, K)`, the others all topics equally."""
    return prior + totals[:, None] * (START * p + (1.0 - START) / p.shape[1])


def floored(prior: np.ndarray) -> np.ndarray:
    """Concentrations `(n, K)`, raised to at least a small share of the row's largest, so that logarithms exist."""
    return np.maximum(prior, SMALL * prior.max(axis=1, keepdims=True))


def folded_in(
    counts: Sequence[csr_array], words: Sequence[np.ndarray], p: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """The expected topics `(n, K)` of rows, given learnt topics; each row iterates until it converges.

    Args:
        counts: The counts of each modality, `(n, V)`.
        words: p(word | topic) of each modality, `(K, V)`.
        p: Topic probabilities `(n, K)` to start from, inferred with one topic per row.
        prior: Concentrations of the rows' topics, `(n, K)`.
    """
    prior = floored(prior)
    totals = np.sum([np.asarray(x.sum(axis=1)) for x in counts], axis=0)
    gamma = begun(p, totals, prior)
    left = np.arange(len(p))
    for _ in range(FOLDING_ITR):
        parts = [csr_array(x[left]) for x in counts]
        new = prior[left] + sum(
            expected_words(x, table, gamma[left], of_words=False)[0] for x, table in zip(parts, words, strict=True)
        )
        moved = np.abs(new - gamma[left]).max(axis=1) > TOLERANCE * (1.0 + totals[left])
        gamma[left] = new
        left = left[moved]
        if not len(left):
            break
    return gamma / gamma.sum(axis=1, keepdims=True)
