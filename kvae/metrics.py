"""What is measured on a learnt model."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

ACTIVE_VARIANCE = 0.01
# Metrics of which a search wants the largest, with or without `val_`.
LARGER_IS_BETTER = {
    "accuracy", "nmi", "ari", "roc_auc", "average_precision", "active_units", "ratio", "observations_per_second",
}  # fmt: skip


def objective_in(metrics: Mapping[str, float], name: str) -> tuple[str, float]:
    """The name and the value of an objective; a run without held-out rows has `loss` instead of `val_loss`.

    The value is NaN where there is neither.
    """
    found = name if name in metrics else name.removeprefix("val_")
    return (found, metrics[found]) if found in metrics else (name, math.nan)


def active_units(z_mean: np.ndarray) -> int:
    """Latent dimensions whose posterior mean varies over observations by more than 0.01.

    Burda et al. (2016), section 5: `Cov_x(E_q[z])` above the threshold. `z_mean` is `(n, latent_dim)`.
    """
    spread = Spread()
    spread.add(z_mean)
    return spread.active_units


class Spread:
    """Variance of posterior means that come in pieces (Chan et al. 1983, equation 2.1), in float64."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: Any = 0.0
        self.square: Any = 0.0

    def add(self, z_mean: np.ndarray) -> None:
        """Take more rows, `(n, latent_dim)`, into account."""
        n, mean = len(z_mean), np.mean(z_mean, axis=0, dtype=np.float64)
        difference = mean - self.mean
        self.square = self.square + np.sum((z_mean - mean) ** 2, axis=0)
        self.square += difference**2 * (self.n * n / (self.n + n))
        self.mean = self.mean + difference * (n / (self.n + n))
        self.n += n

    @property
    def active_units(self) -> int:
        """Dimensions whose variance is above the threshold."""
        return int(np.sum(self.square / self.n > ACTIVE_VARIANCE))


def bits_per_dim(reconstruction: float, kl: float, shape: tuple[int, ...]) -> float:
    """The negative evidence lower bound in bits per dimension of the data, from nats per observation.

    For continuous data it counts the density of the scaled data, and may be negative.
    """
    return (reconstruction + kl) / (math.prod(shape) * math.log(2.0))


def clustering_metrics(classes: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """How well classes found without labels agree with `labels`, both `(n,)`.

    Returns:
        `accuracy` under the best one-to-one matching of classes with labels (Kuhn 1955), `nmi` (normalised
        mutual information, arithmetic mean) and `ari` (adjusted Rand index; Hubert and Arabie 1985).
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    table = confusion(classes, labels)[0]
    rows, columns = linear_sum_assignment(-table)
    return {
        "accuracy": float(table[rows, columns].sum() / len(labels)),
        "nmi": float(normalized_mutual_info_score(labels, classes)),
        "ari": float(adjusted_rand_score(labels, classes)),
    }


def confusion(classes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of classes (rows) by labels (columns), with the classes and the labels that they stand for."""
    class_names, class_numbers = np.unique(classes, return_inverse=True)
    label_names, label_numbers = np.unique(labels, return_inverse=True)
    table = np.zeros((len(class_names), len(label_names)), int)
    np.add.at(table, (class_numbers, label_numbers), 1)
    return table, class_names, label_names


def are_classes(labels: np.ndarray | None) -> bool:
    """Whether labels name classes, as text and whole numbers do, and not measurements."""
    if labels is None:
        return False
    if labels.dtype.kind == "f":
        return bool(np.all(np.isfinite(labels)) and np.all(labels == np.round(labels)))
    return True
