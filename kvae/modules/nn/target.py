"""The target of a network: numbers with Gaussian noise, or class probabilities."""

from dataclasses import dataclass

import numpy as np

# The lowest variance of the noise, as a share of the target's variance.
LOWEST = 1e-4
KINDS = ("numbers", "classes")


@dataclass(frozen=True)
class Target:
    """The distribution p(y | prediction).

    Attributes:
        kind: `numbers`: y is the prediction plus noise; `classes`: y and the prediction are class probabilities.
        mean, scale: Mean and standard deviation of every column, `(D,)`, by which numbers are standardised.
        noise: Variance of the noise of every column, of standardised numbers, `(D,)`.
    """

    kind: str
    mean: np.ndarray
    scale: np.ndarray
    noise: np.ndarray

    @classmethod
    def of(cls, kind: str, y: np.ndarray) -> "Target":
        """The target of rows `(n, D)`; a constant column has the scale 1."""
        ones = np.ones(y.shape[1])
        if kind == "classes":
            return cls(kind, 0.0 * ones, ones, ones)
        scale = y.std(axis=0)
        return cls(kind, y.mean(axis=0), np.where(scale > 0, scale, 1.0), ones)

    def standardised(self, y: np.ndarray) -> np.ndarray:
        """Rows standardised for the network, `(n, D)`."""
        return (y - self.mean) / self.scale

    def restored(self, predicted: np.ndarray) -> np.ndarray:
        """Predictions in the target's own units, `(n, D)`."""
        return predicted * self.scale + self.mean

    def with_noise(self, y: np.ndarray, predicted: np.ndarray) -> "Target":
        """The same target, with the noise of standardised rows around their predictions, both `(n, D)`."""
        if self.kind == "classes":
            return self
        return Target(self.kind, self.mean, self.scale, np.maximum(np.square(y - predicted).mean(axis=0), LOWEST))

    def log_p(self, y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Log p(y_n | prediction k) in nats, up to a constant per row, `(n, K)`.

        Args:
            y: Standardised rows, `(n, D)`.
            predicted: Predictions, `(K, D)`.
        """
        if self.kind == "classes":
            return y @ np.log(np.maximum(predicted, 1e-12)).T
        y, predicted = y / np.sqrt(self.noise), predicted / np.sqrt(self.noise)
        return y @ predicted.T - 0.5 * np.square(predicted).sum(axis=1)
