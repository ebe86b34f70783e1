"""What agents know of objects and signs: percepts, and vocabularies that say which classes a sign is used for."""

from dataclasses import dataclass

import numpy as np

SMALLEST = 1e-300


@dataclass(frozen=True)
class Percept:
    """What an agent perceives of objects by itself.

    Attributes:
        evidence: p(z_n | c) in units of the row's largest, `(n, C)`; of objects that it does not see, 1.
        seen: Which objects it sees, `(n,)`.
        shares: p(c), `(C,)`: the classes' shares of the objects.
    """

    evidence: np.ndarray
    seen: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, p: np.ndarray, shares: np.ndarray | None = None) -> "Percept":
        """The percept behind class probabilities p(c | z_n), by Bayes's rule p(z_n | c) ~ p(c | z_n) / p(c).

        Args:
            p: The probabilities, `(n, C)`; rows of NaN are objects that the agent does not see.
            shares: p(c), `(C,)`; None: the mean of `p`.
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
        """Log p(z_n | w) up to a constant of the row, `(n, K)`: that of sum_c p(c | w) p(z_n | c).

        `vocabulary` is p(c | w), `(K, C)`.
        """
        return np.log(np.maximum(self.evidence @ vocabulary.T, SMALLEST))

    def vocabulary(self, signs: np.ndarray, n_signs: int, before: np.ndarray | None = None) -> np.ndarray:
        """The vocabulary p(c | w), `(K, C)`, by counts of the classes of the objects that are called so.

        An object's class has the probabilities p(c | z_n, w_n) by the vocabulary `before` (a step of EM), or
        p(c | z_n) without one. A row's worth of prior is spread over the classes by their shares, so that a sign
        that nobody uses may mean anything.

        Args:
            signs: What the objects are called, `(n,)`.
            n_signs: K.
            before: The vocabulary that was in use, `(K, C)`.
        """
        expected = self.shares if before is None else before[signs[self.seen]]
        r = self.evidence[self.seen] * expected + SMALLEST
        r /= r.sum(axis=1, keepdims=True)
        counts = np.eye(n_signs)[signs[self.seen]].T @ r + self.shares + SMALLEST
        return counts / counts.sum(axis=1, keepdims=True)
