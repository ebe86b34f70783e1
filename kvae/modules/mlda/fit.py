"""The fit of topics: EM runs briefly from many starts, the best results continue, and trust in words is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from kvae.modules.mixture.matching import match_components
from kvae.modules.mlda.em import Rows, Solution, run_allocation, run_em
from kvae.modules.mlda.starts import Start, starts
from kvae.modules.mlda.topics import Topics
from kvae.modules.mlda.trust import agreement, first_trust, learnt_trust
from kvae.modules.mlda.words import Words

SCREENING_ITR = 15  # after annealing
N_FINALISTS = 5
PASSES = 3
SETTLED = 0.2  # the passes end when no logarithm of a trust changes by more


@dataclass(frozen=True)
class Fit:
    """Fitted topics, and the finalists from which they were chosen.

    Attributes:
        topics: The parameters.
        p: Expected topics of the rows, `(n, K)`.
        score: The bound on the log-likelihood plus the log prior density, in nats per row.
        itr: Iterations of the chosen run.
        start: Kind of the start of the chosen run.
        scores: Kind of start and final score of every finalist, the best first.
    """

    topics: Topics
    p: np.ndarray
    score: float
    itr: int
    start: str
    scores: list[tuple[str, float]] = field(default_factory=list)


def fit_topics(
    modalities: Sequence[Words],
    n_topics: int,
    *,
    itr: int = 100,
    alpha: float = 0.0,
    beta: float = 0.1,
    seed: int = 0,
    n_starts: int = 9,
    calibrate: bool = True,
    say: Sequence[float] | None = None,
    trust: Sequence[float] | None = None,
    previous: np.ndarray | None = None,
    above: np.ndarray | None = None,
) -> Fit:
    """Fit topics by maximum a posteriori, from many starts. Draws random numbers from `seed`.

    With one modality, or without `calibrate`, the result of the best score is chosen. With several modalities it
    is that of the largest `kvae.modules.mlda.trust.agreement` among the best few by score, since the score depends
    mostly on the modality with the most words. Topics and trust are learnt in turn: topics from all starts, then
    the trust with which each modality tells most about the others, until trust changes little.

    Args:
        modalities: The words of the same rows.
        n_topics: K.
        itr: Maximum number of iterations of one run.
        alpha: Concentration of the topics of a row; 0: each row has one topic.
        beta: Extra count of every word in every topic.
        seed: Seed of the starts.
        n_starts: Number of starts in addition to classes from below, `previous` and `above`.
        calibrate: Whether trust is learnt; if not, each word counts once.
        say: Factors on the trust of the modalities, 1 on average; None: all are 1.
        trust: Initial trust, which is that of the previous fit and includes `say`; None: `first_trust`.
        previous: Topic probabilities of the rows in the previous fit, `(n, K)`, which are one more start.
        above: Class probabilities from above, `(n, K)`, which multiply the shares and are one more start. Topics
            are numbered as in `above`, or else as in `previous`.
    """
    say = [1.0] * len(modalities) if say is None else list(say)
    reference = previous if above is None else above
    if not calibrate:
        trust = [1.0] * len(modalities)
    elif trust is None:
        trust = times(first_trust(modalities, n_topics), say)
    extra = [] if previous is None else [Start("previous", previous)]
    if above is not None:
        extra.append(Start("above", above))
    finalists: list[tuple[str, Solution]] = []
    several = calibrate and len(modalities) > 1
    passes = PASSES if several else 1
    for left in reversed(range(passes)):
        rows = Rows(modalities, trust, n_topics, beta, above)
        fresh = list(starts(rows.x, modalities, n_topics, n_starts, seed)) if left or passes == 1 else []
        candidates = [start if reference is None else start.renumbered(reference) for start in fresh + extra]
        finalists = best_of(rows, candidates + [Start(kind, one.p) for kind, one in finalists[:1]], itr)
        finalists = ranked(finalists, modalities if several else None)
        if not left:
            break
        found = times(learnt_trust(weighed(finalists[0][1].topics, say, -1), modalities), say)
        moved = np.abs(np.log(found) - np.log(trust)).max()
        trust = found
        if moved < SETTLED:
            break
    if alpha:
        rows = Rows(modalities, trust, n_topics, beta, above)
        finalists = [(kind, run_allocation(rows, one.p, alpha, itr)) for kind, one in finalists]
        finalists = ranked(finalists, modalities if several else None)
    return as_fit(finalists, len(modalities[0].there), reference)


def best_of(rows: Rows, candidates: Sequence[Start], itr: int) -> list[tuple[str, Solution]]:
    """The converged results, with kinds, of the starts that have the best scores after a few iterations."""
    screened = []
    for start in candidates:
        screening = SCREENING_ITR + len(start.temperatures)
        screened.append((start.kind, run_em(rows, start.p, screening, start.temperatures)))
    screened.sort(key=lambda candidate: -candidate[1].score)
    return [(kind, run_em(rows, one.p, itr)) for kind, one in screened[:N_FINALISTS]]


def ranked(
    finalists: list[tuple[str, Solution]], modalities: Sequence[Words] | None
) -> list[tuple[str, Solution]]:
    """Finalists, the best first: by the `agreement` of the modalities if they are given, else by score."""
    if modalities is None:
        return sorted(finalists, key=lambda candidate: -candidate[1].score)
    return sorted(finalists, key=lambda candidate: -agreement(candidate[1].topics, modalities))


def times(values: Sequence[float], factors: Sequence[float]) -> list[float]:
    """Elementwise products."""
    return [value * factor for value, factor in zip(values, factors, strict=True)]


def weighed(topics: Topics, say: Sequence[float], power: int) -> Topics:
    """Topics whose trust is multiplied by a power of the factors `say`."""
    return replace(topics, trust=times(topics.trust, [factor**power for factor in say]))


def as_fit(finalists: list[tuple[str, Solution]], n: int, reference: np.ndarray | None) -> Fit:
    """The first of the finalists as a `Fit`, with its topics in the order of `reference` `(n, K)`, if any."""
    kind, best = finalists[0]
    topics, p = best.topics, best.p
    if reference is not None:
        order = match_components(p, reference)
        topics, p = topics.reordered(order), p[:, order]
    scores = [(name, one.score / n) for name, one in finalists]
    return Fit(topics, p, best.score / n, len(best.scores), kind, scores)
