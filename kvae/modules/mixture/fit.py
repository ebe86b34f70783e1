"""The fit of a mixture: many starts, screened briefly, the best ones run to their end."""

from dataclasses import dataclass, field

import numpy as np

from kvae.modules.mixture.em import Prior, Rows, Solution, run_em
from kvae.modules.mixture.gaussians import Mixture
from kvae.modules.mixture.matching import match_components
from kvae.modules.mixture.starts import Start, starts, within_variance

SCREENING_ROWS = 10_000
SCREENING_ITR = 30
N_FINALISTS = 4


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
        scores: Kind and final score (nats per row) of every finalist, the best first.
    """

    mixture: Mixture
    r: np.ndarray
    score: float
    log_likelihood: float
    itr: int
    start: str
    scores: list[tuple[str, float]] = field(default_factory=list)

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
    previous: np.ndarray | None = None,
    log_prior: np.ndarray | None = None,
) -> Fit:
    """Fit a mixture of Gaussians to rows `z` by maximum a posteriori, from many starts, best by score.

    All starts run a few EM iterations on at most 10,000 random rows; the best few go on with all rows until they
    converge. Draws from `seed`. With `previous` or `log_prior` the components are numbered as there.

    Args:
        z: Rows, `(n, d)`, n >= 2.
        n_components: K.
        itr: The most EM iterations of one run.
        seed: Source of the starts.
        n_starts: Starts beside `previous`.
        ridge: What is added to each component's scatter matrix, in units of the variance within a k-means
            partition times n / K: it keeps its strength however many rows there are.
        concentration: Rows that every component is given when weights are estimated, in units of n / K. Without
            them a component that starves dies; the larger, the more alike are the weights.
        equal_weights: Whether all components weigh the same; true only where classes are known to be balanced.
        covariance_type: `full`, `tied`, `diag` or `spherical`.
        previous: Responsibilities of the fit before, `(n, K)`: one more start, and the numbering.
        log_prior: Log-probabilities of the components for every row, `(n, K)`, from elsewhere.
    """
    z = np.asarray(z, np.float64)
    reference = previous if log_prior is None else np.exp(log_prior)
    chosen = np.sort(np.random.default_rng((seed, 1)).permutation(len(z))[:SCREENING_ROWS])

    def some(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[chosen]

    candidates = list(starts(z[chosen], n_components, n_starts, seed, some(previous)))
    if log_prior is not None:
        candidates.append(Start("above", np.exp(log_prior[chosen])))
    if reference is not None:
        candidates = [renumbered(start, reference[chosen]) for start in candidates]
    variance = min(within_variance(z[chosen], start.r) for start in candidates if start.kind != "spectral")
    strength = max(ridge * variance, np.finfo(float).eps * max(1.0, float(np.square(z).mean())))

    def prior(n: int) -> Prior:
        share = n / n_components
        return Prior(strength * share, concentration * share, equal_weights, covariance_type)

    few = Rows(z[chosen], some(log_prior))
    screened = [
        (start.kind, run_em(few, start.r, prior(len(few)), min(itr, SCREENING_ITR))) for start in candidates
    ]
    screened.sort(key=lambda candidate: -candidate[1].score)
    rows = few if len(few) == len(z) else Rows(z, log_prior)
    finalists = []
    for kind, solution in screened[:N_FINALISTS]:
        r = rows.expect(solution.mixture)[0]
        finalists.append((kind, run_em(rows, r, prior(len(z)), itr)))
    finalists.sort(key=lambda candidate: -candidate[1].score)
    return as_fit(finalists, reference)


def renumbered(start: Start, reference: np.ndarray) -> Start:
    """A start with its components in the order of `reference` `(n, K)`."""
    return Start(start.kind, start.r[:, match_components(start.r, reference)])


def as_fit(finalists: list[tuple[str, Solution]], reference: np.ndarray | None) -> Fit:
    """The best of the finalists, with its components in the order of `reference` `(n, K)`."""
    kind, best = finalists[0]
    mixture, r = best.mixture, best.r
    if reference is not None:
        order = match_components(r, reference)
        mixture, r = mixture.reordered(order), r[:, order]
    scores = [(name, solution.score / len(r)) for name, solution in finalists]
    return Fit(mixture, r, best.score / len(r), best.log_likelihood / len(r), best.itr, kind, scores)
