"""Inference in a Markov chain whose states are not seen: forward-backward over all rows of all sequences."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Numbers that the step matrices of one stretch of rows may hold at once: 32 MiB.
STRETCH = 4_000_000


@dataclass(frozen=True)
class Chain:
    """p(s) = start[s_0] prod_t transitions[s_(t-1), s_t] for every sequence, in float64.

    Attributes:
        start: `(S,)`, probabilities of the first state.
        transitions: `(S, S)`, row j: probabilities of the state after state j.
    """

    start: np.ndarray
    transitions: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    def infer(self, evidence: np.ndarray, first: np.ndarray) -> "Inferred":
        """What follows for every row from the evidence of all rows of its sequence.

        Forward-backward (Rabiner 1989, section III.A), both ways scaled to sum 1 in every row. Where a sequence
        begins, the step forgets the row before: so that sequences of any lengths are one.

        Args:
            evidence: p(row t | state), `(n, S)`, each row up to a factor; not all 0 in a row.
            first: Whether row t is the first of a sequence, `(n,)`; row 0 is.
        """
        n, states = evidence.shape
        scale = evidence.max(axis=1, keepdims=True)
        evidence = evidence / scale

        def steps(rows: np.ndarray) -> np.ndarray:
            """What takes the states of the row before to those of each of `rows`, `(len(rows), S, S)`."""
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
    """What forward-backward found.

    Attributes:
        chain, first: What it was given.
        evidence: p(row t | state), `(n, S)`, each row scaled to at most 1.
        filtered: p(s_t | rows up to t), `(n, S)`.
        predicted: p(s_t | rows before t), `(n, S)`.
        after: p(rows after t | s_t), `(n, S)`, each row up to a factor.
        log_p: Log p(all rows) in nats, with the factors that evidence came with.
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
        """p(s_t | all rows but t), `(n, S)`."""
        return normalised_rows(self.predicted * self.after)

    @property
    def posterior(self) -> np.ndarray:
        """p(s_t | all rows), `(n, S)`."""
        return normalised_rows(self.filtered * self.after)

    @property
    def moves(self) -> np.ndarray:
        """Expected moves from state to state, `(S, S)`."""
        inner = np.flatnonzero(~self.first)
        before, ahead = self.filtered[inner - 1], self.evidence[inner] * self.after[inner]
        total = ((before @ self.chain.transitions) * ahead).sum(axis=1, keepdims=True)
        return self.chain.transitions * (before.T @ (ahead / total))

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """States of all rows, `(n,)`: a draw from p(s_0, s_1, ... | all rows)."""
        ahead, drawn = self.evidence * self.after, np.empty(len(self.evidence), int)
        for t, u in enumerate(rng.random(len(drawn))):
            before = self.chain.start if self.first[t] else self.chain.transitions[drawn[t - 1]]
            ends = (before * ahead[t]).cumsum()
            drawn[t] = min(int(np.searchsorted(ends, u * ends[-1], side="right")), len(ends) - 1)
        return drawn

    @property
    def starts(self) -> np.ndarray:
        """Expected first states, `(S,)`."""
        return self.posterior[self.first].sum(axis=0)


def scan(vector: np.ndarray, n: int, steps: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """v_t = v_(t-1) M_t for t from 0, each scaled to sum 1, `(n, S)`; `steps` gives the matrices of some rows."""
    size = max(1, STRETCH // len(vector) ** 2)
    parts = [np.empty((0, len(vector)))]
    for start in range(0, n, size):
        parts.append(multiplied(vector, steps(np.arange(start, min(n, start + size)))))
        vector = parts[-1][-1]
    return np.concatenate(parts)


def multiplied(vector: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """v_t = v_(t-1) M_t for `(n, S, S)` matrices, each scaled to sum 1, `(n, S)`.

    Neighbours are multiplied in pairs, and pairs of these, until one is left (Blelloch 1990): in place of n steps
    there are about 2 log2(n), over many rows each.
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
    """Rows that sum to 1."""
    return values / values.sum(axis=-1, keepdims=True)
