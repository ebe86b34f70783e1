"""Expectation-maximisation for a mixture, with a prior that keeps covariances from collapsing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from kvae.modules.mixture.gaussians import Mixture, chunks, moments, natural_parameters, products
from kvae.modules.mixture.threads import Share, one_by_one

COVARIANCES = ("full", "tied", "diag", "spherical")
MOST_KEPT = 64_000_000  # numbers of products that stay in memory: 512 MiB

Result = TypeVar("Result")


@dataclass(frozen=True)
class Prior:
    """What the fit is told beside the data: maximum a posteriori instead of maximum likelihood.

    Attributes:
        ridge: What is added to the diagonal of every component's scatter matrix, `(d,)` or one number, in squared
            units of z.
        pseudo_count: Rows that every component is given beside those it has, when weights are estimated.
        equal_weights: Whether all components weigh the same. Prior knowledge: true only for balanced classes.
        covariance_type: `full`, `tied` (one for all), `diag` or `spherical`.
    """

    ridge: float | np.ndarray
    pseudo_count: float = 0.0
    equal_weights: bool = False
    covariance_type: str = "full"

    def estimate(self, statistics: np.ndarray, centre: np.ndarray) -> Mixture:
        """The M-step, from the components' summed statistics `(K, P)` of rows less `centre` `(d,)`.

        S_k = (scatter_k + diag(ridge)) / (N_k + d + 2): the mode of an inverse-Wishart posterior (Fraley and
        Raftery 2007, section 2, with their shrinkage of the means left out).
        """
        d = len(centre)
        count, means, scatter = moments(statistics, d)
        scatter = scatter + np.broadcast_to(self.ridge, d) * np.eye(d)
        if self.covariance_type == "tied":
            scatter = np.broadcast_to(scatter.sum(axis=0), scatter.shape)
            size = np.full(len(count), count.sum() + len(count) * (d + 2))
        else:
            size = count + d + 2
        covs = scatter / size[:, None, None]
        if self.covariance_type in ("diag", "spherical"):
            variances = np.diagonal(covs, axis1=1, axis2=2)
            if self.covariance_type == "spherical":
                variances = np.repeat(variances.mean(axis=1, keepdims=True), d, axis=1)
            covs = variances[:, :, None] * np.eye(d)
        count = np.ones_like(count) if self.equal_weights else count + max(self.pseudo_count, 1.0)
        weights = count / count.sum()
        return Mixture(weights, means + centre, covs)

    def log_density(self, mixture: Mixture) -> float:
        """Log of the prior density of covariances and weights, in nats, up to a constant."""
        d = mixture.means.shape[1]
        log_det = np.linalg.slogdet(mixture.covs)[1]
        precisions = np.diagonal(np.linalg.inv(mixture.covs), axis1=1, axis2=2)
        log_density = -0.5 * np.sum((d + 2) * log_det + precisions @ np.broadcast_to(self.ridge, d))
        if not self.equal_weights:
            log_density += self.pseudo_count * np.log(mixture.weights).sum()
        return float(log_density)


class Part(NamedTuple):
    """Some rows of a fit: which, their `products` `(P, m)` a column each, and log p(k) from elsewhere `(K, m)`."""

    rows: slice
    values: np.ndarray
    log_prior: np.ndarray | None


class Rows:
    """The rows of a fit, `(n, d)`, with their products kept from step to step when they are few enough.

    Args:
        z: Rows, `(n, d)`.
        log_prior: Log-probabilities of the components for every row, `(n, K)`, from elsewhere.
        share: What goes through the parts.
    """

    def __init__(self, z: np.ndarray, log_prior: np.ndarray | None = None, share: Share = one_by_one) -> None:
        self.z, self.log_prior, self.share = np.asarray(z, np.float64), log_prior, share
        self.centre = self.z.mean(axis=0)
        self.parts = chunks(self.z)
        n_products = 1 + self.z.shape[1] * (self.z.shape[1] + 3) // 2
        few = len(self.z) * n_products <= MOST_KEPT
        self.kept = self.share(self.part, self.parts) if few else None

    def __len__(self) -> int:
        return len(self.z)

    def part(self, rows: slice) -> Part:
        """A part, its products as columns: what is done over the components then goes through memory in order."""
        log_prior = None if self.log_prior is None else np.ascontiguousarray(self.log_prior[rows].T)
        return Part(rows, np.ascontiguousarray(products(self.z[rows] - self.centre).T), log_prior)

    def each(self, function: Callable[[Part], Result]) -> list[Result]:
        """What the function gives for every part."""
        if self.kept is not None:
            return self.share(function, self.kept)
        return self.share(lambda rows: function(self.part(rows)), self.parts)

    def summed(self, r: np.ndarray) -> np.ndarray:
        """Statistics `(K, P)` of the components under responsibilities `(n, K)`."""
        return np.sum(self.each(lambda part: np.ascontiguousarray(r[part.rows].T) @ part.values.T), axis=0)

    def expect(self, mixture: Mixture) -> tuple[list[np.ndarray], np.ndarray, float]:
        """The E-step: responsibilities `(K, m)` of the parts, statistics `(K, P)`, and the sum of log p(z_n)."""
        coefficients = np.ascontiguousarray(natural_parameters(mixture.means - self.centre, mixture.covs).T)
        log_weights = np.log(mixture.weights)[:, None]

        def step(part: Part) -> tuple[np.ndarray, np.ndarray, float]:
            r = coefficients @ part.values
            if part.log_prior is None:
                r += log_weights
            else:
                told = log_weights + part.log_prior
                r += told
                r -= normalise(told)
            log_p = normalise(r)
            return r, r @ part.values.T, float(log_p.sum())

        r, statistics, log_p = zip(*self.each(step), strict=True)
        return list(r), np.sum(statistics, axis=0), sum(log_p)

    def responsibilities(self, mixture: Mixture) -> np.ndarray:
        """p(k | z_n), `(n, K)`."""
        return in_rows(self.expect(mixture)[0])


def normalise(log_values: np.ndarray) -> np.ndarray:
    """Make of logarithms `(K, m)`, in place, shares that sum to 1 over the first axis; the log-sums `(m,)`."""
    highest = log_values.max(axis=0)
    log_values -= highest
    total = np.exp(log_values, out=log_values).sum(axis=0)
    log_values /= total
    return highest + np.log(total)


def in_rows(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Parts `(K, m)` as one array `(n, K)`."""
    return np.ascontiguousarray(np.concatenate(parts, axis=1).T)


@dataclass(frozen=True)
class Solution:
    """Where a run of EM ended.

    Attributes:
        mixture: The parameters.
        r: Responsibilities, `(n, K)`.
        score: Log-likelihood plus the log-density of the prior, in nats; compares between fits of the same
            rows under the same prior.
        log_likelihood: Sum of log p(z_n), in nats.
        itr: Iterations.
    """

    mixture: Mixture
    r: np.ndarray
    score: float
    log_likelihood: float
    itr: int


def run_em(rows: Rows, r: np.ndarray, prior: Prior, itr: int, tol: float = 1e-5) -> Solution:
    """EM from responsibilities `(n, K)` until the score grows by less than `tol` nats per row; draws nothing."""
    statistics, last = rows.summed(r), -np.inf
    done = 0
    while done < itr:
        done += 1
        mixture = prior.estimate(statistics, rows.centre)
        parts, statistics, log_likelihood = rows.expect(mixture)
        score = log_likelihood + prior.log_density(mixture)
        if score - last < tol * len(rows):
            break
        last = score
    return Solution(mixture, in_rows(parts), score, log_likelihood, done)
