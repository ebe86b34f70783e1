"""A mixture of Gaussians with full covariances, and its form as an exponential family."""

import math
from dataclasses import dataclass

import numpy as np

# Size of the products of one chunk of rows, in numbers: 2 MB, which fit into a processor's cache.
CHUNK = 250_000
FEWEST = 64  # the fewest rows of a chunk, however many products each row has


@dataclass(frozen=True)
class Mixture:
    """p(z) = sum_k weights_k N(z; means_k, covs_k), in float64.

    Attributes:
        weights: `(K,)`, positive, of sum 1.
        means: `(K, d)`.
        covs: `(K, d, d)`, positive definite.
    """

    weights: np.ndarray
    means: np.ndarray
    covs: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    def log_joint(self, z: np.ndarray, log_prior: np.ndarray | None = None) -> np.ndarray:
        """Log p(z_n, k) in nats, `(n, K)`, of rows `z` `(n, d)`.

        Args:
            z: Rows, `(n, d)`.
            log_prior: Log-probabilities of the components for every row from above, `(n, K)`. They multiply the
                weights, and the product is normalised per row.
        """
        return self.log_prob(z) + self.log_weights(log_prior)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` rows, `(n, d)`."""
        chosen = rng.choice(len(self), n, p=self.weights)
        noise = rng.standard_normal((n, self.means.shape[1]))
        return self.means[chosen] + np.einsum("nij,nj->ni", np.linalg.cholesky(self.covs)[chosen], noise)

    def log_weights(self, log_prior: np.ndarray | None = None) -> np.ndarray:
        """Log-weights `(K,)`, or their normalised product with `log_prior`, `(n, K)`."""
        log_weights = np.log(self.weights)
        return log_weights if log_prior is None else normalised(log_weights + log_prior)[0]

    def log_prob(self, z: np.ndarray) -> np.ndarray:
        """Log N(z_n; means_k, covs_k) in nats, `(n, K)`.

        A Gaussian's log-density is linear in `products` of z, so that one matrix product gives all components.
        """
        centre = self.means.mean(axis=0)  # products of smaller numbers have smaller rounding errors
        coefficients = natural_parameters(self.means - centre, self.covs)
        result = np.empty((len(z), len(self)))
        for rows in chunks(z):
            result[rows] = products(z[rows] - centre) @ coefficients
        return result

    def responsibilities(
        self, z: np.ndarray, log_prior: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """p(k | z_n) `(n, K)`, and log p(z_n) in nats, `(n,)`; computed in log space against underflow."""
        log_r, log_p = normalised(self.log_joint(z, log_prior))
        return np.exp(log_r), log_p

    def marginal(self, columns: np.ndarray) -> "Mixture":
        """The marginal mixture over some of the dimensions."""
        return Mixture(self.weights, self.means[:, columns], self.covs[:, columns[:, None], columns])

    def widened(self, used: np.ndarray, z: np.ndarray) -> "Mixture":
        """The mixture with added dimensions, in which all components are equal.

        Args:
            used: Which of the d dimensions the mixture has already, `(d,)`.
            z: Rows `(n, d)`. The added dimensions have their mean, and the mean variance of the used dimensions.
        """
        every = np.arange(len(self))
        means = np.tile(z.mean(axis=0), (len(self), 1))
        means[:, used] = self.means
        covs = np.tile(z[:, used].var(axis=0).mean() * np.eye(len(used)), (len(self), 1, 1))
        covs[np.ix_(every, used, used)] = self.covs
        return Mixture(self.weights, means, covs)

    def reordered(self, order: np.ndarray) -> "Mixture":
        """The same mixture with component `order[k]` as its component k."""
        return Mixture(self.weights[order], self.means[order], self.covs[order])


def normalised(log_values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities normalised over the last axis, and the log-sum that was subtracted."""
    highest = log_values.max(axis=-1, keepdims=True)
    total = highest + np.log(np.exp(log_values - highest).sum(axis=-1, keepdims=True))
    return log_values - total, total[..., 0]


def products(z: np.ndarray) -> np.ndarray:
    """The sufficient statistics `(n, P)` of rows `(n, d)`: 1, z, and the products z_i z_j for i <= j."""
    i, j = np.triu_indices(z.shape[1])
    return np.concatenate([np.ones((len(z), 1)), z, z[:, i] * z[:, j]], axis=1)


def chunks(z: np.ndarray) -> list[slice]:
    """Ranges of the rows of `z` whose `products` fit into a processor's cache."""
    d = z.shape[1]
    size = max(FEWEST, CHUNK // (1 + d + d * (d + 1) // 2))
    return [slice(start, start + size) for start in range(0, len(z), size)]


def natural_parameters(means: np.ndarray, covs: np.ndarray) -> np.ndarray:
    """The coefficients `(P, K)` with which the matrix product of `products` gives log-densities."""
    d = means.shape[1]
    cholesky = np.linalg.cholesky(covs)
    log_det = 2.0 * np.log(np.diagonal(cholesky, axis1=1, axis2=2)).sum(axis=1)
    precision = np.linalg.inv(covs)
    linear = np.einsum("kij,kj->ki", precision, means)
    constant = -0.5 * (d * math.log(2.0 * math.pi) + log_det + np.einsum("ki,ki->k", means, linear))
    i, j = np.triu_indices(d)
    quadratic = np.where(i == j, -0.5, -1.0) * precision[:, i, j]
    return np.concatenate([constant[:, None], linear, quadratic], axis=1).T


def moments(statistics: np.ndarray, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts `(K,)`, means `(K, d)` and scatter matrices `(K, d, d)` from summed `products` `(K, P)`."""
    count = np.maximum(statistics[:, 0], np.finfo(float).tiny)
    means = statistics[:, 1 : 1 + d] / count[:, None]
    i, j = np.triu_indices(d)
    second = np.empty((len(statistics), d, d))
    second[:, i, j] = second[:, j, i] = statistics[:, 1 + d :]
    return count, means, second - count[:, None, None] * np.einsum("ki,kj->kij", means, means)
