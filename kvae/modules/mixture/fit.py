"""The fit of a mixture: EM runs briefly from many starts, and the best results continue until they converge."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from kvae.modules.mixture.candidates import Candidate, best_first, distinct, finalists
from kvae.modules.mixture.em import Prior, Rows, run_em
from kvae.modules.mixture.gaussians import Mixture
from kvae.modules.mixture.matching import match_components
from kvae.modules.mixture.nearest import nearest
from kvae.modules.mixture.starts import Start, starts, within_variance
from kvae.modules.mixture.threads import threads

SCREENING_ROWS = 10_000
SCREENING_ITR = 30
FIRST_ITR = 10  # iterations of the screening after which starts that lead to the same classes are joined
SELECTIONS = ("modularity", "score")
CONSTANT = 1e-12  # a dimension whose variance is below this share of the largest counts as constant
SURE = 1000.0  # how much more probable a message from above must be with other numbers of the components
LEAST = -30.0  # the lowest log-probability in a message that counts there
REPEATED = 1e-6  # the least ridge for rows that repeat, as a share of each dimension's variance


@dataclass(frozen=True)
class Fit:
    """A fitted mixture, and the finalists from which it was chosen.

    Attributes:
        mixture: The parameters.
        r: Responsibilities of the rows, `(n, K)`.
        score: Log posterior of the parameters in nats per row, up to a constant.
        log_likelihood: Mean of log p(z_n) in nats.
        itr: EM iterations of the chosen run over all rows.
        start: Kind of the start of the chosen run.
        modularity: Modularity of its classes in the graph of nearest neighbours.
        scores: Kind of start, final score (nats per row) and modularity of every finalist, the best first.
    """

    mixture: Mixture
    r: np.ndarray
    score: float
    log_likelihood: float
    itr: int
    start: str
    modularity: float
    scores: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def sizes(self) -> np.ndarray:
        """Number of rows whose most probable component is k, `(K,)`."""
        return np.bincount(self.r.argmax(axis=1), minlength=len(self.mixture))


def fit_mixture(
    z: np.ndarray,
    n_components: int,
    *,
    itr: int = 100,
    seed: int = 0,
    n_starts: int = 12,
    ridge: float = 0.1,
    concentration: float = 1.0,
    equal_weights: bool = False,
    covariance_type: str = "full",
    selection: str = "score",
    previous: np.ndarray | None = None,
    log_prior: np.ndarray | None = None,
) -> Fit:
    """Fit a mixture of Gaussians to rows `z` by maximum a posteriori, from many starts.

    All starts run a few EM iterations on at most 10,000 random rows. The best few results continue with all rows
    until they converge. Draws random numbers from `seed`. The components are numbered as in `previous` or, without
    it or where `log_prior` says otherwise (see `as_told`), as in `log_prior`.

    Args:
        z: Rows, `(n, d)`, n >= 2.
        n_components: K.
        itr: Maximum number of EM iterations of one run.
        seed: Seed of the starts and of the rows for the screening.
        n_starts: Number of starts in addition to `previous` and `log_prior`.
        ridge: What is added to each component's scatter matrix, in units of n / K times each dimension's variance
            within the most compact start, which is usually one of k-means. So its strength depends neither on the
            number of rows nor on the scale of a dimension, and codes that a VAE leaves unused do not decide the
            classes. Where rows repeat so often that a covariance would be singular, it is at least 1e-6 of each
            dimension's variance.
        concentration: Extra rows counted for every component when weights are estimated, in units of n / K (at
            least one row). They keep components with few rows alive. The larger, the more equal are the weights.
        equal_weights: Whether all components have the same weight; right only if classes are known to be balanced.
        covariance_type: `full`, `tied`, `diag` or `spherical`.
        selection: Criterion for the best result: `score`, the log posterior of the parameters, for a density; or
            `modularity`, how often nearest neighbours share a class, for classes. With `log_prior` it is always
            the score, since the modularity does not depend on `log_prior`.
        previous: Responsibilities of the previous fit, `(n, K)`, which are one more start.
        log_prior: Log-probabilities of the components for every row from above, `(n, K)`, which are also a start.
    """
    codes = np.asarray(z, np.float64)
    used = informative(codes)
    z = codes[:, used]
    above = None if log_prior is None else np.exp(log_prior)
    if above is not None:  # the score depends on it, the modularity does not
        selection = "score"
    reference = previous if above is None else above
    if previous is not None and log_prior is not None:
        previous = as_told(previous, log_prior)
        reference = previous
    with threads() as share:
        chosen = np.sort(np.random.default_rng((seed, 1)).permutation(len(z))[:SCREENING_ROWS])
        graph = nearest(z[chosen], share=share)
        begun = starts(z[chosen], n_components, n_starts, seed, graph, share)
        begun += [
            Start(kind, r[chosen]) for kind, r in (("previous", previous), ("above", above)) if r is not None
        ]
        if reference is not None:
            begun = [renumbered(start, reference[chosen]) for start in begun]
        within = min((within_variance(z[chosen], start.r) for start in begun), key=np.sum)
        strength = np.maximum(ridge * within, np.finfo(float).eps * max(1.0, float(np.square(z).mean())))

        def ended_with(strength: np.ndarray) -> list[Candidate]:
            def prior(n: int) -> Prior:
                share = n / n_components
                return Prior(strength * share, concentration * share, equal_weights, covariance_type)

            few = Rows(z[chosen], None if log_prior is None else log_prior[chosen])

            def gone_on(start: Start, n: int) -> Candidate:
                solution = run_em(few, start.r, prior(len(few)), n)
                return Candidate.of(start.kind, solution, solution.r, graph)

            def screened(begun: list[Start], n: int) -> list[Candidate]:
                found = share(lambda start: gone_on(start, min(itr, n)), begun)
                return distinct(best_first(found, selection, kept="previous"), n_components)

            candidates = screened(begun, FIRST_ITR)
            candidates = screened(
                [Start(one.kind, one.solution.r) for one in candidates], SCREENING_ITR - FIRST_ITR
            )
            rows = Rows(z, log_prior, share)
            ended = []
            for candidate in finalists(candidates, selection, kept="previous"):
                # The previous classes continue from all rows: those from the screening's rows would be worse.
                own = previous if candidate.kind == "previous" else None
                r = rows.responsibilities(candidate.solution.mixture) if own is None else own
                if reference is not None and log_prior is not None:
                    r = r[:, match_components(r, reference)]  # the last moment at which numbers may change
                solution = run_em(rows, r, prior(len(z)), itr)
                ended.append(Candidate.of(candidate.kind, solution, solution.r[chosen], graph))
            return ended

        try:
            ended = ended_with(strength)
        except np.linalg.LinAlgError:  # rows that repeat leave a component without variance
            ended = ended_with(np.maximum(strength, REPEATED * z.var(axis=0)))
    # With messages from above, numbers have a meaning in the fit: components cannot be renumbered after it.
    fit = as_fit(best_first(ended, selection), reference if log_prior is None else None)
    return fit if used.all() else replace(fit, mixture=fit.mixture.widened(used, codes))


def informative(z: np.ndarray) -> np.ndarray:
    """Which dimensions of `z` `(n, d)` are not constant, `(d,)`; if all are constant, all of them."""
    variance = z.var(axis=0)
    used = variance > CONSTANT * variance.max()
    return used if used.any() else np.ones_like(used)


def renumbered(start: Start, reference: np.ndarray) -> Start:
    """A start with its components in the order of `reference` `(n, K)`."""
    return Start(start.kind, start.r[:, match_components(start.r, reference)])


def as_told(previous: np.ndarray, log_prior: np.ndarray) -> np.ndarray:
    """Responsibilities `previous` `(n, K)`, with the components in the order that a message from above tells.

    Modules that observe the classes learnt their numbers, so these stay unless the message is far more probable
    with others: by a factor of K! for the choice among all orders, times SURE.

    Args:
        previous: Responsibilities of the previous fit.
        log_prior: Log-probabilities of the components for every row, `(n, K)`.
    """
    told = previous[:, match_components(previous, np.exp(log_prior))]
    gain = float(np.sum((told - previous) * np.maximum(log_prior, LEAST)))
    return told if gain > math.lgamma(previous.shape[1] + 1) + math.log(SURE) else previous


def as_fit(ended: list[Candidate], reference: np.ndarray | None) -> Fit:
    """The first of the finalists as a `Fit`, with its components in the order of `reference` `(n, K)`, if any."""
    kind, best, _, quality = ended[0]
    mixture, r = best.mixture, best.r
    if reference is not None:
        order = match_components(r, reference)
        mixture, r = mixture.reordered(order), r[:, order]
    scores = [(one.kind, one.solution.score / len(r), one.modularity) for one in ended]
    return Fit(mixture, r, best.score / len(r), best.log_likelihood / len(r), best.itr, kind, quality, scores)
