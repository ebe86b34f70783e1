"""The game: a Markov chain over signs, in which one agent proposes and the others accept or reject."""

import numpy as np


def play_sweep(
    log_p: np.ndarray,
    signs: np.ndarray,
    rng: np.random.Generator,
    accept_all: bool = False,
    log_prior: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """One sweep: every agent proposes signs for all objects once, which the others accept or reject.

    The speaker s draws w' from p(w | z_s), proportional to p(w) p(z_s | w). Whether agent l replaces its sign w by
    w' is judged by all agents j except the speaker. Agent j accepts, by its own percept, with the probability

        min(1, p(z_j | w') / p(z_j | w)),

    and the sign changes if all accept. For two agents this is the Metropolis-Hastings naming game (Taniguchi et
    al. 2023, arXiv 2205.12392). Since min(1, r) / min(1, 1/r) = r, the product of the acceptance probabilities
    satisfies detailed balance for any number of agents: every agent's sign has the stationary distribution p(w |
    z_1, ..., z_A) ~ p(w) p(z_1 | w) ... p(z_A | w), although no agent can compute it.

    Args:
        log_p: Log p(z_a | w) of every agent a, up to a constant per object, `(A, n, K)`.
        signs: The sign of every agent for every object, `(A, n)`.
        rng: Source of the draws.
        accept_all: Whether all proposals are accepted.
        log_prior: Log p(w) up to a constant per object, `(n, K)`; None: all signs are equally likely.

    Returns:
        The signs after the sweep, `(A, n)`, and the share of proposals that were accepted.
    """
    agents, signs, accepted = range(len(log_p)), signs.copy(), []
    for speaker in agents:
        proposed = drawn(log_p[speaker] if log_prior is None else log_p[speaker] + log_prior, rng)
        listeners = [agent for agent in agents if agent != speaker]
        for listener in listeners:
            taken = np.ones(len(proposed), bool)
            for judge in [] if accept_all else listeners:
                taken &= judged(log_p[judge], proposed, signs[listener], rng)
            signs[listener, taken] = proposed[taken]
            accepted.append(taken.mean())
    return signs, float(np.mean(accepted))


def judged(log_p: np.ndarray, proposed: np.ndarray, held: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw whether an agent of log p(z | w) `(n, K)` accepts `proposed` signs in place of `held`, both `(n,)`."""
    rows = np.arange(len(log_p))
    return np.log(1.0 - rng.random(len(log_p))) <= log_p[rows, proposed] - log_p[rows, held]


def drawn(log_p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a sign for every object, `(n,)`, with probabilities proportional to exp(`log_p`), `(n, K)`."""
    cumulated = normalised(log_p).cumsum(axis=1)
    return (cumulated <= rng.random((len(log_p), 1)) * cumulated[:, -1:]).sum(axis=1)


def normalised(log_p: np.ndarray) -> np.ndarray:
    """Probabilities proportional to exp(`log_p`), `(..., K)`."""
    p = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)
