"""Percepts, an agent's evidence about objects, and vocabularies, the distributions of its classes given signs."""

from dataclasses import dataclass

import numpy as np

SMALLEST = 1e-300


@dataclass(frozen=True)
class Percept:
    """An agent's evidence about the classes of objects.

    Attributes:
        evidence: p(z_n | c) divided by the largest of the row, `(n, C)`; 1 for objects that it does not see.
        seen: Which objects it sees, `(n,)`.
        shares: p(c), the classes' shares of the objects, `(C,)`.
    """

    evidence: np.ndarray
    seen: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, p: np.ndarray, shares: np.ndarray | None = None) -> "Percept":
        """The percept of class probabilities p(c | z_n), by Bayes's rule p(z_n | c) ~ p(c | z_n) / p(c).

        Args:
            p: The class probabilities, `(n, C)`; a row of NaN is an object that the agent does not see.
            shares: p(c), `(C,)`, by which the agent multiplied; None, where it does not say: the mean of `p`.
        """
        seen = np.isfinite(p).all(axis=1)
        if shares is None:
            shares = p[seen].mean(axis=0) if seen.any() else np.full(p.shape[1], 1.0 / p.shape[1])
        evidence = np.ones(p.shape)
        evidence[seen] = p[seen] / np.maximum(shares, SMALLEST)
        return cls(evidence / evidence.max(axis=1, keepdims=True), seen, shares)

    @property
    def classes(self) -> np.ndarray:
        """The most probable class of every object, `(n,)`."""
        return (self.evidence * self.shares).argmax(axis=1)

    def log_p(self, vocabulary: np.ndarray) -> np.ndarray:
        """Log p(z_n | w) = log sum_c p(c | w) p(z_n | c), up to a constant per object, `(n, K)`.

        `vocabulary` is p(c | w), `(K, C)`.
        """
        return np.log(np.maximum(self.evidence @ vocabulary.T, SMALLEST))

    def vocabulary(self, signs: np.ndarray, n_signs: int, before: np.ndarray | None = None) -> np.ndarray:
        """Learn the vocabulary p(c | w), `(K, C)`, from expected counts of the classes of objects with each sign.

        The class of an object has the probabilities p(c | z_n, w_n) by the vocabulary `before`, which is a step of
        EM, or p(c | z_n) without one. One extra count per sign is divided among the classes by their shares, so
        that a sign that is not used has the distribution p(c).

        Args:
            signs: The signs of the objects, `(n,)`.
            n_signs: K.
            before: The previous vocabulary, `(K, C)`.
        """
        expected = self.shares if before is None else before[signs[self.seen]]
        r = self.evidence[self.seen] * expected + SMALLEST
        r /= r.sum(axis=1, keepdims=True)
        counts = np.eye(n_signs)[signs[self.seen]].T @ r + self.shares + SMALLEST
        return counts / counts.sum(axis=1, keepdims=True)
