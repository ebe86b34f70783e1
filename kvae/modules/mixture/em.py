"""Expectation-maximisation for a Gaussian mixture, with a prior that prevents singular covariances."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from kvae.modules.mixture.gaussians import Mixture, chunks, moments, natural_parameters, products
from kvae.modules.mixture.threads import Share, one_by_one

COVARIANCES = ("full", "tied", "diag", "spherical")
MOST_KEPT = 64_000_000  # products are kept in memory up to this many numbers: 512 MB

Result = TypeVar("Result")


@dataclass(frozen=True)
class Prior:
    """The prior of a mixture's parameters, with which the fit is maximum a posteriori.

    Attributes:
        ridge: What is added to the diagonal of every component's scatter matrix, `(d,)` or one number, in squared
            units of z.
        pseudo_count: Extra rows counted for every component when weights are estimated; at least 1 is counted.
        equal_weights: Whether all components have the same weight, which is right for balanced classes only.
        covariance_type: `full`, `tied` (one covariance for all components), `diag` or `spherical`.
    """

    ridge: float | np.ndarray
    pseudo_count: float = 0.0
    equal_weights: bool = False
    covariance_type: str = "full"

    @property
    def extra_count(self) -> float:
        """Extra rows of every component that estimated weights and their prior density count."""
        return max(self.pseudo_count, 1.0)

    def estimate(self, statistics: np.ndarray, centre: np.ndarray) -> Mixture:
        """The M-step, from the summed statistics `(K, P)` of the components, of rows minus `centre` `(d,)`.

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
        count = np.ones_like(count) if self.equal_weights else count + self.extra_count
        weights = count / count.sum()
        return Mixture(weights, means + centre, covs)

    def log_density(self, mixture: Mixture) -> float:
        """Log prior density of covariances and weights, in nats, up to a constant."""
        d = mixture.means.shape[1]
        log_det = np.linalg.slogdet(mixture.covs)[1]
        precisions = np.diagonal(np.linalg.inv(mixture.covs), axis1=1, axis2=2)
        log_density = -0.5 * np.sum((d + 2) * log_det + precisions @ np.broadcast_to(self.ridge, d))
        if not self.equal_weights:
            log_density += self.extra_count * np.log(mixture.weights).sum()
        return float(log_density)


class Part(NamedTuple):
    """A part of the rows of a fit.

    Attributes:
        rows: Which rows.
        values: Their `products`, `(P, m)`, a column per row.
        log_prior: Log-probabilities of the components from above, `(K, m)`, or None.
    """

    rows: slice
    values: np.ndarray
    log_prior: np.ndarray | None


class Rows:
    """The rows of a fit; their products are computed once and kept if they fit into memory.

    Args:
        z: Rows, `(n, d)`.
        log_prior: Log-probabilities of the components for every row from above, `(n, K)`.
        share: The function that goes through the parts, in one thread or several.
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
        """A part with its products as columns, so that operations over components read memory in order."""
        log_prior = None if self.log_prior is None else np.ascontiguousarray(self.log_prior[rows].T)
        return Part(rows, np.ascontiguousarray(products(self.z[rows] - self.centre).T), log_prior)

    def each(self, function: Callable[[Part], Result]) -> list[Result]:
        """The results of the function for all parts."""
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
                log_p_k = log_weights + part.log_prior
                r += log_p_k
                r -= normalise(log_p_k)
            log_p = normalise(r)
            return r, r @ part.values.T, float(log_p.sum())

        r, statistics, log_p = zip(*self.each(step), strict=True)
        return list(r), np.sum(statistics, axis=0), sum(log_p)

    def responsibilities(self, mixture: Mixture) -> np.ndarray:
        """p(k | z_n), `(n, K)`."""
        return in_rows(self.expect(mixture)[0])


def normalise(log_values: np.ndarray) -> np.ndarray:
    """Turn logarithms `(K, m)`, in place, into shares that sum to 1 over the first axis; the log-sums `(m,)`."""
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
    """The result of a run of EM.

    Attributes:
        mixture: The parameters.
        r: Responsibilities, `(n, K)`.
        score: Log-likelihood plus log prior density, in nats; compares fits to the same rows with the same prior.
        log_likelihood: Sum of log p(z_n), in nats.
        itr: Number of iterations.
    """

    mixture: Mixture
    r: np.ndarray
    score: float
    log_likelihood: float
    itr: int


def run_em(rows: Rows, r: np.ndarray, prior: Prior, itr: int, tol: float = 1e-5) -> Solution:
    """EM from responsibilities `(n, K)`, for `itr` iterations or until the score grows by less than `tol` per row.

    `tol` is in nats. Draws no random numbers.
    """
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
