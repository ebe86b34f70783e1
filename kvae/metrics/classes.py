"""How well classes found without labels agree with labels."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from kvae.data.labels import has_label


def clustering_metrics(classes: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """How well classes found without labels agree with `labels`, both `(n,)`; rows without a label do not count.

    Returns:
        `accuracy` under the best one-to-one matching of classes with labels (Kuhn 1955), `nmi` (normalised
        mutual information, arithmetic mean) and `ari` (adjusted Rand index; Hubert and Arabie 1985).
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    there = has_label(labels)
    classes, labels = classes[there], labels[there]
    table = confusion(classes, labels)[0]
    rows, columns = linear_sum_assignment(-table)
    return {
        "accuracy": float(table[rows, columns].sum() / len(labels)),
        "nmi": float(normalized_mutual_info_score(labels, classes)),
        "ari": float(adjusted_rand_score(labels, classes)),
    }


def confusion(classes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of classes (rows) by labels (columns), with the classes and the labels that they stand for.

    Rows without a label do not count.
    """
    there = has_label(labels)
    classes, labels = classes[there], labels[there]
    class_names, class_numbers = np.unique(classes, return_inverse=True)
    label_names, label_numbers = np.unique(labels, return_inverse=True)
    table = np.zeros((len(class_names), len(label_names)), int)
    np.add.at(table, (class_numbers, label_numbers), 1)
    return table, class_names, label_names


def are_classes(labels: np.ndarray | None) -> bool:
    """Whether labels name classes, as text and whole numbers do, and not measurements; some must be there."""
    if labels is None or not has_label(labels).any():
        return False
    if labels.dtype.kind == "f":
        return bool(np.all(np.isfinite(labels)) and np.all(labels == np.round(labels)))
    return True
