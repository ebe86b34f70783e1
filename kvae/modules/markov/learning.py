"""Learn a chain from class probabilities: by Baum-Welch from many starts, or by counts of draws."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from kvae.modules.markov.chain import Chain, normalised_rows

# Numbers of rows and iterations with which the starts are compared.
SCREENING_ROWS = 3000
SCREENING_ITR = 15
N_FINALISTS = 2
TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Learnt:
    """A learnt chain with its emissions.

    Attributes:
        chain: Start and transition probabilities.
        emissions: `(S, K)`, in row s the probabilities of the classes of the module below in state s; the identity
            if the states are the classes.
        score: Log p(evidence) plus log prior density, in nats; compares fits to the same rows.
        log_p: Log p(evidence) in nats.
        itr: Number of iterations.
        start: Kind of the start.
    """

    chain: Chain
    emissions: np.ndarray
    score: float = -np.inf
    log_p: float = -np.inf
    itr: int = 0
    start: str = ""

    def states(self, evidence: np.ndarray) -> np.ndarray:
        """p(row | state) `(n, S)` from p(row | class below) `(n, K)`."""
        return evidence @ self.emissions.T

    def renamed(self, order: np.ndarray) -> "Learnt":
        """The same chain with state `order[k]` as its state k."""
        chain = Chain(self.chain.start[order], self.chain.transitions[np.ix_(order, order)])
        return replace(self, chain=chain, emissions=self.emissions[order])


@dataclass(frozen=True)
class Prior:
    """Dirichlet priors, as extra counts.

    Attributes:
        alpha: Extra count of every transition, and of every class in every state.
        trust: Further extra count of class k in state k; None: the states are the classes.
    """

    alpha: float
    trust: float | None
    # Extra count of sequences that begin in every state: else one sequence's first row would decide the start.
    STARTS = 1.0

    def chain(self, starts: np.ndarray, moves: np.ndarray) -> Chain:
        """The chain of maximum posterior density for expected starts `(S,)` and transitions `(S, S)`."""
        return Chain(normalised_rows(starts + self.STARTS), normalised_rows(moves + self.alpha))

    def emission_counts(self, k: int) -> np.ndarray:
        """The extra counts of every class in every state, `(K, K)`."""
        return self.alpha + (self.trust or 0.0) * np.eye(k)

    def log_density(self, learnt: Learnt) -> float:
        """Log prior density of a learnt chain in nats, up to a constant."""
        chain = learnt.chain
        total = self.STARTS * np.log(chain.start).sum() + self.alpha * np.log(chain.transitions).sum()
        if self.trust is not None:
            total += (self.emission_counts(len(chain)) * np.log(learnt.emissions)).sum()
        return float(total)


def learn_chain(
    evidence: np.ndarray,
    first: np.ndarray,
    *,
    itr: int = 100,
    n_starts: int = 12,
    alpha: float = 0.1,
    trust: float | None = 0.3,
    seed: int = 0,
    previous: Learnt | None = None,
) -> Learnt:
    """Learn a chain over K states by maximum a posteriori, from many starts, and keep the best by score.

    The states are the true classes, and the classes of the module below are noisy observations of them:
    p(row | state s) = sum_k emissions_sk p(row | class k), a hidden Markov model with tied mixtures (Huang and
    Jack 1989). If the module below has merged two classes that differ in time, and has split another one, the
    states can still separate them. Draws random numbers from `seed`.

    Args:
        evidence: p(row | class), `(n, K)`, each row up to a factor.
        first: Which rows are the first of a sequence, `(n,)`.
        itr: Maximum number of iterations of Baum-Welch (Baum et al. 1970).
        n_starts: Number of random starts, in addition to the classes of the module below and the previous fit.
        alpha: As in `Prior`.
        trust: As in `Prior`, in units of n / K rows.
        seed: Seed of the starts.
        previous: The previous fit.
    """
    n, k = evidence.shape
    few, few_first = evidence[:SCREENING_ROWS], first[:SCREENING_ROWS]

    def prior(rows: int) -> Prior:
        return Prior(alpha, None if trust is None else trust * rows / k)

    begun = list(starts(few, few_first, prior(len(few)), n_starts, seed, previous))
    screened = [baum_welch(few, few_first, start, prior(len(few)), min(itr, SCREENING_ITR)) for start in begun]
    screened.sort(key=lambda one: -one.score)
    finalists = [baum_welch(evidence, first, one, prior(n), itr) for one in screened[:N_FINALISTS]]
    return max(finalists, key=lambda one: one.score)


def starts(
    evidence: np.ndarray, first: np.ndarray, prior: Prior, n: int, seed: int, previous: Learnt | None
) -> Iterator[Learnt]:
    """Starts of Baum-Welch: the classes of the module below as states, the previous fit, and `n` random ones.

    A random start first learns its emissions without trust in the classes below. Then its states are matched with
    these classes.
    """
    k = evidence.shape[1]
    softened = normalised_rows(0.9 * np.eye(k) + 0.1 / k) if prior.trust is not None else np.eye(k)
    yield Learnt(neighbours(normalised_rows(evidence), first, prior), softened, start="neighbours")
    if previous is not None and len(previous.chain) == k:
        yield replace(previous, start="previous")
    rng = np.random.default_rng((seed, 3))
    for _ in range(n):
        chain = Chain(np.full(k, 1.0 / k), rng.dirichlet(np.ones(k), k))
        if prior.trust is None:
            yield Learnt(chain, np.eye(k), start="random")
            continue
        free = Learnt(chain, normalised_rows(rng.dirichlet(np.full(k, 0.5), k) + TINY), start="random")
        free = baum_welch(evidence, first, free, Prior(prior.alpha, 0.0), SCREENING_ITR)
        named = free.renamed(naming(free, evidence, first))
        yield replace(named, emissions=normalised_rows(named.emissions + 0.3 * np.eye(k)))


def naming(learnt: Learnt, evidence: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The order of the states that agrees best with the classes of the module below (Kuhn 1955)."""
    share = learnt.chain.infer(learnt.states(evidence), first).posterior.sum(axis=0)
    rows, order = linear_sum_assignment(-(share[:, None] * learnt.emissions).T)
    return order[np.argsort(rows)]


def baum_welch(
    evidence: np.ndarray, first: np.ndarray, start: Learnt, prior: Prior, itr: int, tol: float = 1e-5
) -> Learnt:
    """Expectation-maximisation from `start` until the score grows by less than `tol` nats per row."""
    now, last, k = start, -np.inf, evidence.shape[1]
    for done in range(1, itr + 1):
        states = now.states(evidence)
        found = now.chain.infer(states, first)
        score = found.log_p + prior.log_density(now)
        now = replace(now, score=score, log_p=found.log_p, itr=done)
        if score - last < tol * len(evidence):
            break
        last = score
        emissions = now.emissions
        if prior.trust is not None:
            rows = emissions * ((found.posterior / states).T @ evidence)
            emissions = normalised_rows(rows + prior.emission_counts(k))
        now = replace(now, chain=prior.chain(found.starts, found.moves), emissions=emissions)
    return now


def neighbours(p: np.ndarray, first: np.ndarray, prior: Prior) -> Chain:
    """The chain of expected transitions, if classes of neighbouring rows were independent given `p` `(n, K)`."""
    inner = np.flatnonzero(~first)
    return prior.chain(p[first].sum(axis=0), p[inner - 1].T @ p[inner])


def sampled_chain(
    p: np.ndarray, first: np.ndarray, num_samp: int, alpha: float, rng: np.random.Generator
) -> Learnt:
    """Learn a chain as Serket does: draw the classes of all rows `num_samp` times from `p` `(n, K)`, and count.

    Counts are means over the draws, so that `alpha` has the same weight as in `learn_chain`. Draws from `rng`.
    """
    k = p.shape[1]
    starts, moves = np.zeros(k), np.zeros(k * k)
    inner = np.flatnonzero(~first)
    ends = p.cumsum(axis=1)
    for _ in range(num_samp):
        drawn = (ends < rng.random((len(p), 1)) * ends[:, -1:]).sum(axis=1)
        starts += np.bincount(drawn[first], minlength=k)
        moves += np.bincount(drawn[inner - 1] * k + drawn[inner], minlength=k * k)
    chain = Prior(alpha, None).chain(starts / num_samp, moves.reshape(k, k) / num_samp)
    return Learnt(chain, np.eye(k), itr=num_samp, start="sampled")
