"""Expectation-maximisation for a mixture, with a prior that keeps covariances from collapsing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kvae.modules.mixture.gaussians import Mixture, chunks, moments, natural_parameters, normalised, products

COVARIANCES = ("full", "tied", "diag", "spherical")
MAX_KEPT = 8  # chunks whose products stay in memory: 512 MiB


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


class Rows:
    """The rows of a fit, `(n, d)`, with their products kept from step to step when they are few enough."""

    def __init__(self, z: np.ndarray, log_prior: np.ndarray | None = None) -> None:
        self.z, self.log_prior = np.asarray(z, np.float64), log_prior
        self.centre = self.z.mean(axis=0)
        self.parts = chunks(self.z)
        self.kept = [self.products(rows) for rows in self.parts] if len(self.parts) <= MAX_KEPT else None

    def __len__(self) -> int:
        return len(self.z)

    def products(self, rows: slice) -> np.ndarray:
        return products(self.z[rows] - self.centre)

    def __iter__(self) -> Iterator[tuple[slice, np.ndarray]]:
        for number, rows in enumerate(self.parts):
            yield rows, self.products(rows) if self.kept is None else self.kept[number]

    def summed(self, r: np.ndarray) -> np.ndarray:
        """Statistics `(K, P)` of the components under responsibilities `(n, K)`."""
        return sum(r[rows].T @ values for rows, values in self)

    def expect(self, mixture: Mixture) -> tuple[np.ndarray, np.ndarray, float]:
        """The E-step: responsibilities `(n, K)`, their statistics `(K, P)`, and the sum of log p(z_n) in nats."""
        coefficients = natural_parameters(mixture.means - self.centre, mixture.covs)
        r, log_p = np.empty((len(self), len(mixture))), 0.0
        statistics = np.zeros((len(mixture), len(coefficients)))
        for rows, values in self:
            log_prior = None if self.log_prior is None else self.log_prior[rows]
            log_r, total = normalised(values @ coefficients + mixture.log_weights(log_prior))
            r[rows] = np.exp(log_r)
            statistics += r[rows].T @ values
            log_p += total.sum()
        return r, statistics, float(log_p)


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
        r, statistics, log_likelihood = rows.expect(mixture)
        score = log_likelihood + prior.log_density(mixture)
        if score - last < tol * len(rows):
            break
        last = score
    return Solution(mixture, r, score, log_likelihood, done)
