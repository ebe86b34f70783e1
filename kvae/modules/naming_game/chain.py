"""The game: a Markov chain of signs, in which one agent proposes and the others accept or not."""

import numpy as np


def play_sweep(
    log_p: np.ndarray,
    signs: np.ndarray,
    rng: np.random.Generator,
    accept_all: bool = False,
    log_prior: np.ndarray | None = None,
) -> tuple[np.ndarray, float]:
    """Every agent speaks once, of all objects; the others take its signs or keep their own.

    The speaker s draws w' from p(w | z_s), proportional to p(w) p(z_s | w). Whether agent l gives up its sign w
    for w' is judged by all agents j but the speaker, each by its own percept, which accepts with the probability

        min(1, p(z_j | w') / p(z_j | w)),

    and the sign changes when all accept. Between two agents it is the Metropolis-Hastings naming game (Taniguchi
    et al. 2023, arXiv 2205.12392). Since min(1, r) / min(1, 1/r) = r, the product of the judgements satisfies
    detailed balance for any number of agents: every agent's sign has the stationary distribution
    p(w | z_1, ..., z_A) ~ p(w) p(z_1 | w) ... p(z_A | w), which none of them could compute.

    Args:
        log_p: Log p(z_a | w) of every agent up to a constant of the row, `(A, n, K)`.
        signs: What every agent calls every object, `(A, n)`.
        rng: Source of proposals and judgements.
        accept_all: Whether nobody judges.
        log_prior: Log p(w) up to a constant of the row, `(n, K)`; None: all signs alike.

    Returns:
        The signs after the sweep, `(A, n)`, and the share of the proposals that were accepted.
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
    """Whether an agent with log p(z | w) `(n, K)` accepts the signs `proposed` in place of `held`, both `(n,)`."""
    rows = np.arange(len(log_p))
    return np.log(1.0 - rng.random(len(log_p))) <= log_p[rows, proposed] - log_p[rows, held]


def drawn(log_p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sign `(n,)` for every row, with probabilities proportional to the exponentials of `log_p` `(n, K)`."""
    cumulated = normalised(log_p).cumsum(axis=1)
    return (cumulated <= rng.random((len(log_p), 1)) * cumulated[:, -1:]).sum(axis=1)


def normalised(log_p: np.ndarray) -> np.ndarray:
    """Probabilities `(..., K)` proportional to the exponentials of `log_p`."""
    p = np.exp(log_p - log_p.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)
