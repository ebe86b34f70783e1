"""Normal distributions of codes and mixtures of them, one per row, as proposals; in NumPy and float64."""

import math
from dataclasses import dataclass

import numpy as np

from kvae.uses.codes.row_noise import Noise

LOG_2PI = math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Normals:
    """N(mean_n, factor_n factor_n') for every row n.

    Attributes:
        mean: `(n, d)`.
        factor: Standard deviations `(n, d)`, or lower-triangular factors `(n, d, d)`.
    """

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def prior(cls, n: int, d: int, mu: np.ndarray | None = None, cov: np.ndarray | None = None) -> "Normals":
        """N(mu, cov) for each row, given as `prior_mu` and `prior_cov` of `kvae.VAE`; None: 0 and I."""
        mean = np.zeros((n, d)) if mu is None else np.asarray(mu, np.float64)
        if cov is None:
            return cls(mean, np.ones((n, d)))
        cov = np.asarray(cov, np.float64)
        return cls(mean, np.linalg.cholesky(cov) if cov.ndim == 3 else np.sqrt(cov))

    def rows(self, rows: np.ndarray | slice) -> "Normals":
        return Normals(self.mean[rows], self.factor[rows])

    def draw(self, n_samples: int, rng: Noise) -> np.ndarray:
        """Draws `(n_samples, n, d)`, from `rng`."""
        return self.mean + self.stretched(rng.standard_normal((n_samples, *self.mean.shape)))

    def stretched(self, noise: np.ndarray) -> np.ndarray:
        """`factor_n noise_n` of noise `(..., n, d)`."""
        if self.factor.ndim == 2:
            return self.factor * noise
        return np.einsum("nij,...nj->...ni", self.factor, noise)

    def log_density(self, z: np.ndarray) -> np.ndarray:
        """Nats, `(S, n)`, of codes `(S, n, d)`."""
        if self.factor.ndim == 2:
            square = np.sum(((z - self.mean) / self.factor) ** 2, axis=-1)
            log_det = np.sum(np.log(self.factor), axis=-1)
        else:
            white = np.einsum("nij,...nj->...ni", np.linalg.inv(self.factor), z - self.mean)
            square = np.sum(white**2, axis=-1)
            log_det = np.sum(np.log(np.diagonal(self.factor, axis1=-2, axis2=-1)), axis=-1)
        return -0.5 * (square + z.shape[-1] * LOG_2PI) - log_det


@dataclass(frozen=True)
class Mixture:
    """Mixtures of normals, one for every row; all have the same `weights` `(k,)`, which sum to 1."""

    parts: tuple[Normals, ...]
    weights: np.ndarray

    def draw_from_each(self, n_samples: int, rng: Noise) -> tuple[np.ndarray, "Mixture"]:
        """Draws `(n_samples, n, d)`, a fixed number from each part, and the mixture with these shares as weights.

        With the density of that mixture as proposal this is deterministic mixture sampling (Owen and Zhou 2000).
        """
        counts = np.maximum(1, np.floor(self.weights * n_samples).astype(int))
        counts[np.argmax(counts)] += n_samples - counts.sum()
        drawn = [part.draw(count, rng) for part, count in zip(self.parts, counts, strict=True)]
        return np.concatenate(drawn), Mixture(self.parts, counts / n_samples)

    def draw(self, n_samples: int, rng: np.random.Generator) -> np.ndarray:
        """Draws `(n_samples, n, d)`, each from a part that is drawn by the weights."""
        which = rng.choice(len(self.parts), (n_samples, len(self.parts[0].mean)), p=self.weights)
        drawn = np.empty((*which.shape, self.parts[0].mean.shape[1]))
        for k, part in enumerate(self.parts):
            here = which == k
            drawn[here] = part.draw(n_samples, rng)[here]
        return drawn

    def log_density(self, z: np.ndarray) -> np.ndarray:
        """Nats, `(S, n)`, of codes `(S, n, d)`."""
        logs = [math.log(w) + part.log_density(z) for w, part in zip(self.weights, self.parts, strict=True)]
        return np.logaddexp.reduce(logs)

    def rows(self, rows: np.ndarray | slice) -> "Mixture":
        return Mixture(tuple(part.rows(rows) for part in self.parts), self.weights)

    def with_last(self, rows: np.ndarray, last: Normals) -> "Mixture":
        """A copy with another last part for some rows; the factors of the last part are standard deviations."""
        mean, factor = self.parts[-1].mean.copy(), self.parts[-1].factor.copy()
        mean[rows], factor[rows] = last.mean, last.factor
        return Mixture((*self.parts[:-1], Normals(mean, factor)), self.weights)
