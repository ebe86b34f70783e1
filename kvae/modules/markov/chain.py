"""Inference in a hidden Markov chain: forward-backward over the rows of all sequences at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Numbers in the step matrices of one stretch of rows: 32 MB.
STRETCH = 4_000_000


@dataclass(frozen=True)
class Chain:
    """p(s) = start[s_0] prod_t transitions[s_(t-1), s_t] for every sequence, in float64.

    Attributes:
        start: `(S,)`, probabilities of the first state.
        transitions: `(S, S)`, in row j the probabilities of the state after state j.
    """

    start: np.ndarray
    transitions: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    def infer(self, evidence: np.ndarray, first: np.ndarray) -> "Inferred":
        """Infer the states of all rows by forward-backward (Rabiner 1989, section III.A).

        Both passes are scaled to sum 1 in every row. At the first row of a sequence the step does not depend on
        the previous row, so that all sequences are one chain.

        Args:
            evidence: p(row t | state), `(n, S)`, each row up to a factor; not all 0 in a row.
            first: Which rows are the first of a sequence, `(n,)`; row 0 is one.
        """
        n, states = evidence.shape
        scale = evidence.max(axis=1, keepdims=True)
        evidence = evidence / scale

        def steps(rows: np.ndarray) -> np.ndarray:
            """The matrices of the steps from the previous row to each of `rows`, `(len(rows), S, S)`."""
            matrices = np.broadcast_to(self.transitions, (len(rows), states, states)).copy()
            matrices[first[rows]] = self.start
            return matrices * evidence[rows, None, :]

        filtered = scan(np.full(states, 1.0 / states), n, steps)
        predicted = np.concatenate([self.start[None], filtered[:-1] @ self.transitions])
        predicted[first] = self.start
        back = scan(np.ones(states), n - 1, lambda rows: steps(n - 1 - rows).transpose(0, 2, 1))
        after = np.concatenate([back[::-1], np.ones((1, states))])
        log_p = float(np.log((predicted * evidence).sum(axis=1)).sum() + np.log(scale).sum())
        return Inferred(self, evidence, first, filtered, predicted, after, log_p)


@dataclass(frozen=True)
class Inferred:
    """The results of forward-backward.

    Attributes:
        chain, first: As given to `Chain.infer`.
        evidence: p(row t | state), `(n, S)`, each row scaled to at most 1.
        filtered: p(s_t | rows up to t), `(n, S)`.
        predicted: p(s_t | rows before t), `(n, S)`.
        after: p(rows after t | s_t), `(n, S)`, each row up to a factor.
        log_p: Log p(all rows) in nats, with the factors of the given evidence.
    """

    chain: Chain
    evidence: np.ndarray
    first: np.ndarray
    filtered: np.ndarray
    predicted: np.ndarray
    after: np.ndarray
    log_p: float

    @property
    def message(self) -> np.ndarray:
        """p(s_t | all rows except t), `(n, S)`."""
        return normalised_rows(self.predicted * self.after)

    @property
    def posterior(self) -> np.ndarray:
        """p(s_t | all rows), `(n, S)`."""
        return normalised_rows(self.filtered * self.after)

    @property
    def moves(self) -> np.ndarray:
        """Expected number of transitions from state to state, `(S, S)`."""
        inner = np.flatnonzero(~self.first)
        before, ahead = self.filtered[inner - 1], self.evidence[inner] * self.after[inner]
        total = ((before @ self.chain.transitions) * ahead).sum(axis=1, keepdims=True)
        return self.chain.transitions * (before.T @ (ahead / total))

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Draw the states of all rows, `(n,)`, from p(s_0, s_1, ... | all rows)."""
        ahead, drawn = self.evidence * self.after, np.empty(len(self.evidence), int)
        for t, u in enumerate(rng.random(len(drawn))):
            before = self.chain.start if self.first[t] else self.chain.transitions[drawn[t - 1]]
            ends = (before * ahead[t]).cumsum()
            drawn[t] = min(int(np.searchsorted(ends, u * ends[-1], side="right")), len(ends) - 1)
        return drawn

    @property
    def starts(self) -> np.ndarray:
        """Expected number of sequences that begin in every state, `(S,)`."""
        return self.posterior[self.first].sum(axis=0)


def scan(vector: np.ndarray, n: int, steps: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """All v_t = v_(t-1) M_t, scaled to sum 1, `(n, S)`; v_(-1) is `vector`, and `steps` gives the M_t of rows."""
    size = max(1, STRETCH // len(vector) ** 2)
    parts = [np.empty((0, len(vector)))]
    for start in range(0, n, size):
        parts.append(multiplied(vector, steps(np.arange(start, min(n, start + size)))))
        vector = parts[-1][-1]
    return np.concatenate(parts)


def multiplied(vector: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """All v_t = v_(t-1) M_t for matrices `(n, S, S)`, scaled to sum 1, `(n, S)`.

    A parallel scan (Blelloch 1990): neighbouring matrices are multiplied in pairs, recursively, which takes about
    2 log2(n) NumPy operations over many rows instead of n steps.
    """
    n = len(matrices)
    if n == 1:
        return normalised_rows(vector @ matrices)
    pairs = matrices[: n - 1 : 2] @ matrices[1::2]
    found = np.empty((n, len(vector)))
    found[1::2] = multiplied(vector, pairs / pairs.sum(axis=(1, 2), keepdims=True))
    before = np.concatenate([vector[None], found[1:-1:2]])
    found[::2] = normalised_rows(np.matmul(before[:, None], matrices[::2])[:, 0])
    return found


def normalised_rows(values: np.ndarray) -> np.ndarray:
    """Rows normalised to sum 1."""
    return values / values.sum(axis=-1, keepdims=True)
