"""The fit of topics: many starts, run briefly, the best ones to their end, and how far words are trusted."""

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
SETTLED = 0.2  # a change of the logarithm of trust that asks for no other pass


@dataclass(frozen=True)
class Fit:
    """Fitted topics and what was found on the way.

    Attributes:
        topics: The parameters.
        p: Expected topics of the rows, `(n, K)`.
        score: The bound on the log-likelihood plus the log-density of the prior, in nats per row.
        itr: Iterations of the run that won.
        start: Kind of the start that won.
        scores: Kind and final score of every finalist, the best first.
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
    """Fit topics by maximum a posteriori, from many starts. Draws from `seed`.

    Of one modality, and without `calibrate`, the best by score is taken. Of several the one, among the best few by
    score, by which the modalities tell most of each other (`kvae.modules.mlda.trust.agreement`): the score is
    mostly about the words of the modality that has most. Trust and topics are found in turn: topics from all
    starts, then what makes each modality tell most of the others, and again until that does not change.

    Args:
        modalities: Words of the same rows.
        n_topics: K.
        itr: The most iterations of one run.
        alpha: Concentration of the topics of a row; 0: each row has one.
        beta: Words that every word is given in every topic.
        seed: Source of the starts.
        n_starts: Starts beside classes from below and `previous`.
        calibrate: Whether trust is learnt; without, each word counts once.
        say: Of each modality beside the others, 1 on average: multiplies its trust.
        trust: To begin with, from the fit before, with `say` in it.
        previous: Topics of the rows in the fit before, `(n, K)`: one more start, and the numbering.
        above: Class probabilities `(n, K)` from above, which multiply the shares; the numbering where given.
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
    """Where those of the starts end, with their kinds, that are best by score after a few iterations."""
    screened = []
    for start in candidates:
        screening = SCREENING_ITR + len(start.temperatures)
        screened.append((start.kind, run_em(rows, start.p, screening, start.temperatures)))
    screened.sort(key=lambda candidate: -candidate[1].score)
    return [(kind, run_em(rows, one.p, itr)) for kind, one in screened[:N_FINALISTS]]


def ranked(
    finalists: list[tuple[str, Solution]], modalities: Sequence[Words] | None
) -> list[tuple[str, Solution]]:
    """Finalists, the best first: by what modalities tell of each other, or without them by score."""
    if modalities is None:
        return sorted(finalists, key=lambda candidate: -candidate[1].score)
    return sorted(finalists, key=lambda candidate: -agreement(candidate[1].topics, modalities))


def times(values: Sequence[float], factors: Sequence[float]) -> list[float]:
    """Products, one by one."""
    return [value * factor for value, factor in zip(values, factors, strict=True)]


def weighed(topics: Topics, say: Sequence[float], power: int) -> Topics:
    """Topics whose trust is multiplied by a power of what modalities have to say beside each other."""
    return replace(topics, trust=times(topics.trust, [factor**power for factor in say]))


def as_fit(finalists: list[tuple[str, Solution]], n: int, reference: np.ndarray | None) -> Fit:
    """The best of the finalists, with its topics in the order of `reference` `(n, K)`."""
    kind, best = finalists[0]
    topics, p = best.topics, best.p
    if reference is not None:
        order = match_components(p, reference)
        topics, p = topics.reordered(order), p[:, order]
    scores = [(name, one.score / n) for name, one in finalists]
    return Fit(topics, p, best.score / n, len(best.scores), kind, scores)
