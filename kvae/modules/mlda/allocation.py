"""Latent Dirichlet allocation by variational Bayes: the topics of rows, and expected words of topics.

Blei, Ng and Jordan 2003, section 5.2, over a sparse table: q(theta_n) = Dirichlet(gamma_n), and for each word its
best topics given that.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.special import digamma, gammaln

# Numbers of words by topics in memory at once: 64 MiB.
AT_ONCE = 2**23
FOLDING_ITR = 200
TOLERANCE = 1e-8
START = 0.9  # share of a row's words that begin at its topics as if it had one alone
SMALL = 1e-6


def rows_of(x: csr_array, topics: int) -> Iterator[slice]:
    """Slices of rows whose words by topics fit into memory."""
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
    """Each word given to topics by how its row and the word itself go with them.

    Args:
        x: Counts `(n, V)`.
        words: p(word | topic), `(K, V)`.
        gamma: Of the rows' topics, `(n, K)`.
        of_words: Whether counts of topics by words are asked for.

    Returns:
        Counts of rows by topics `(n, K)`, of topics by words `(K, V)`, and the rows' expected log-probabilities of
        their words in nats, `(n,)`.
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
    """KL(Dirichlet(gamma) || Dirichlet(prior)) of every row in nats, `(n,)`."""

    def log_norm(a: np.ndarray) -> np.ndarray:
        return gammaln(a.sum(axis=1)) - gammaln(a).sum(axis=1)

    return log_norm(gamma) - log_norm(prior) + np.sum((gamma - prior) * log_topics(gamma), axis=1)


def begun(p: np.ndarray, totals: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Where gamma starts: most of a row's words at topics `p` `(n, K)`, the others at all alike."""
    return prior + totals[:, None] * (START * p + (1.0 - START) / p.shape[1])


def floored(prior: np.ndarray) -> np.ndarray:
    """Concentrations `(n, K)` above 0, which their logarithms need, relative to the largest of a row."""
    return np.maximum(prior, SMALL * prior.max(axis=1, keepdims=True))


def folded_in(
    counts: Sequence[csr_array], words: Sequence[np.ndarray], p: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Expected topics `(n, K)` of rows with what was learnt; every row until it changes no more, by itself.

    Args:
        counts: Of each modality `(n, V)`.
        words: Of each modality p(word | topic), `(K, V)`.
        p: Topics `(n, K)` of the rows if each had one alone, to start from.
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
