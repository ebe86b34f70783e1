"""The fit of a mixture: many starts, screened briefly, the best ones run to their end."""

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
FIRST_ITR = 10  # of them, after which starts that lead to the same classes go on as one
SELECTIONS = ("modularity", "score")
CONSTANT = 1e-12  # variance, as a share of the largest, at which a dimension says nothing


@dataclass(frozen=True)
class Fit:
    """A fitted mixture and what was found on the way.

    Attributes:
        mixture: The parameters.
        r: Responsibilities of the rows, `(n, K)`.
        score: Log posterior of the parameters in nats per row, up to a constant.
        log_likelihood: Mean of log p(z_n) in nats.
        itr: EM iterations of the run that won.
        start: Kind of the start that won.
        modularity: How well the classes of the best keep neighbours together.
        scores: Kind, final score (nats per row) and modularity of every finalist, the best first.
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
        """Rows whose most probable component is k, `(K,)`."""
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

    All starts run a few EM iterations on at most 10,000 random rows; the best few go on with all rows until they
    converge. Draws from `seed`. With `previous` or `log_prior` the components are numbered as there.

    Args:
        z: Rows, `(n, d)`, n >= 2.
        n_components: K.
        itr: The most EM iterations of one run.
        seed: Source of the starts.
        n_starts: Starts beside `previous`.
        ridge: What is added to each component's scatter matrix, in units of each dimension's variance within a
            k-means partition times n / K: it keeps its strength however many rows there are, and whatever the
            scale of a dimension, so that codes that a VAE leaves unused do not decide the classes.
        concentration: Rows that every component is given when weights are estimated, in units of n / K. Without
            them a component that starves dies; the larger, the more alike are the weights.
        equal_weights: Whether all components weigh the same; true only where classes are known to be balanced.
        covariance_type: `full`, `tied`, `diag` or `spherical`.
        selection: What the best is best by: `score`, the log posterior of the parameters, for the density; or
            `modularity`, how well classes keep neighbours together, for the classes. With `log_prior` it is the
            score in any case, which counts what comes from elsewhere.
        previous: Responsibilities of the fit before, `(n, K)`: one more start, and the numbering.
        log_prior: Log-probabilities of the components for every row, `(n, K)`, from elsewhere.
    """
    codes = np.asarray(z, np.float64)
    used = informative(codes)
    z = codes[:, used]
    above = None if log_prior is None else np.exp(log_prior)
    if above is not None:  # neighbours know nothing of it; the score does
        selection = "score"
    reference = previous if above is None else above
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
        candidates = screened([Start(one.kind, one.solution.r) for one in candidates], SCREENING_ITR - FIRST_ITR)
        rows = Rows(z, log_prior, share)
        ended = []
        for candidate in finalists(candidates, selection, kept="previous"):
            # A few rows would lead the classes of before astray: these go on from all of theirs.
            own = previous if candidate.kind == "previous" else None
            r = rows.responsibilities(candidate.solution.mixture) if own is None else own
            solution = run_em(rows, r, prior(len(z)), itr)
            ended.append(Candidate.of(candidate.kind, solution, solution.r[chosen], graph))
    fit = as_fit(best_first(ended, selection), reference)
    return fit if used.all() else replace(fit, mixture=fit.mixture.widened(used, codes))


def informative(z: np.ndarray) -> np.ndarray:
    """Which dimensions of `z` `(n, d)` are not constant, `(d,)`; all of them where all are."""
    variance = z.var(axis=0)
    used = variance > CONSTANT * variance.max()
    return used if used.any() else np.ones_like(used)


def renumbered(start: Start, reference: np.ndarray) -> Start:
    """A start with its components in the order of `reference` `(n, K)`."""
    return Start(start.kind, start.r[:, match_components(start.r, reference)])


def as_fit(ended: list[Candidate], reference: np.ndarray | None) -> Fit:
    """The first of the finalists, with its components in the order of `reference` `(n, K)`."""
    kind, best, _, quality = ended[0]
    mixture, r = best.mixture, best.r
    if reference is not None:
        order = match_components(r, reference)
        mixture, r = mixture.reordered(order), r[:, order]
    scores = [(one.kind, one.solution.score / len(r), one.modularity) for one in ended]
    return Fit(mixture, r, best.score / len(r), best.log_likelihood / len(r), best.itr, kind, quality, scores)
