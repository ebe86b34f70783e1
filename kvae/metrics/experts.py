"""How far the posteriors of several modalities agree, and how well codes predict labels."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from kvae.data.labels import has_label
from kvae.metrics.meaning import Meaning, measures


@measures(
    experts_apart=Meaning(
        "Disagreement of experts",
        "Mean symmetric KL between the posteriors that two modalities have of the same row.",
        "nats per observation",
        "lower",
    )
)
def posteriors_apart(means: Sequence[np.ndarray], variances: Sequence[Any]) -> dict[str, float]:
    """Mean of (KL(p||q) + KL(q||p)) / 2 over all pairs of modalities and all rows that have both.

    Args:
        means, variances: Those of diagonal Gaussians, `(n, d)` each, a pair per modality; NaN in rows without it.

    Returns:
        `experts_apart` in nats; empty if no row has two modalities.
    """
    total, count = 0.0, 0
    for i, j in itertools.combinations(range(len(means)), 2):
        p, q = variances[i], variances[j]
        square = (means[i] - means[j]) ** 2
        kl = 0.25 * np.sum(p / q + q / p - 2.0 + square * (1.0 / p + 1.0 / q), axis=1)
        there = ~np.isnan(kl)
        total, count = total + float(kl[there].sum()), count + int(there.sum())
    return {"experts_apart": total / count} if count else {}


def neighbours_accuracy(
    z: np.ndarray, labels: np.ndarray, learning: tuple[np.ndarray, np.ndarray] | None = None
) -> dict[str, float]:
    """Share of codes `z` `(n, d)` whose label is the most frequent of the five nearest other codes. Draws nothing.

    Rows of NaN and rows without a label do not count.

    Args:
        z, labels: Codes and their labels.
        learning: Codes and labels of the rows to search for neighbours; None: the other rows of `z`.

    Returns:
        `knn_accuracy`; empty if there are fewer than six rows to search.
    """
    from sklearn.neighbors import NearestNeighbors

    z, labels = known(z, labels)
    near, names = (z, labels) if learning is None else known(*learning)
    if len(z) == 0 or len(near) < 6:
        return {}
    values, numbers = np.unique(names, return_inverse=True)
    search = NearestNeighbors(n_neighbors=5).fit(near)
    found = search.kneighbors(None if learning is None else z, return_distance=False)
    votes = (numbers[found][:, :, None] == np.arange(len(values))).sum(axis=1)
    return {"knn_accuracy": float(np.mean(values[votes.argmax(axis=1)] == labels))}


def known(z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have a code and a label."""
    there = ~np.isnan(z).any(axis=1) & has_label(labels)
    return z[there], labels[there]
