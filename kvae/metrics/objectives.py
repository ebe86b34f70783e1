"""What runs are compared by, and its units."""

import math
from collections.abc import Mapping

# Metrics of which a search wants the largest, with or without `val_`.
LARGER_IS_BETTER = {
    "accuracy", "nmi", "ari", "roc_auc", "average_precision", "active_units", "ratio", "observations_per_second",
    "mutual_information", "psnr", "ssim", "knn_accuracy", "logistic_accuracy", "precision", "recall",
    "effective_samples",
}  # fmt: skip


def objective_in(metrics: Mapping[str, float], name: str) -> tuple[str, float]:
    """The name and the value of an objective; a run without held-out rows has `loss` instead of `val_loss`.

    The value is NaN where there is neither.
    """
    found = name if name in metrics else name.removeprefix("val_")
    return (found, metrics[found]) if found in metrics else (name, math.nan)


def bits_per_dim(reconstruction: float, kl: float, shape: tuple[int, ...]) -> float:
    """The negative evidence lower bound in bits per dimension of the data, from nats per observation.

    For continuous data it counts the density of the scaled data, and may be negative.
    """
    return (reconstruction + kl) / (math.prod(shape) * math.log(2.0))
