"""How well classes found without labels agree with labels."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from kvae.data.labels import has_label
from kvae.metrics.meaning import Meaning, measures

# A component is small if it has less than this fraction of an equal share of the rows.
SMALL = 0.1


@measures(
    accuracy=Meaning(
        "Accuracy",
        "Share of rows whose class is their label, under the best one-to-one matching.",
        "%",
        "higher",
        rank=2,
    ),
    nmi=Meaning(
        "NMI",
        "Normalised mutual information of classes and labels: 0 for none, 1 for the same groups.",
        better="higher",
        rank=2,
    ),
    ari=Meaning(
        "ARI", "Adjusted Rand index of classes and labels: 0 for chance, 1 for the same groups.", better="higher"
    ),
)
def clustering_metrics(classes: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """How well classes found without labels agree with `labels`, both `(n,)`.

    Rows without a label, and those of class -1, whose class is unknown, do not count.

    Returns:
        `accuracy` under the best one-to-one matching of classes with labels (Kuhn 1955), `nmi` (normalised
        mutual information, arithmetic mean) and `ari` (adjusted Rand index; Hubert and Arabie 1985); empty if no
        row counts.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    classes, labels = counted(classes, labels)
    if not len(labels):
        return {}
    table = confusion(classes, labels)[0]
    rows, columns = linear_sum_assignment(-table)
    return {
        "accuracy": float(table[rows, columns].sum() / len(labels)),
        "nmi": float(normalized_mutual_info_score(labels, classes)),
        "ari": float(adjusted_rand_score(labels, classes)),
    }


@measures(
    small_components=Meaning(
        "Small components",
        "Components of the mixture with less than a tenth of an equal share of the rows.",
        "components",
    )
)
def small_components(sizes: np.ndarray) -> np.ndarray:
    """Numbers of the components that have less than a tenth of an equal share of the rows; `sizes` is `(K,)`."""
    return np.flatnonzero(sizes < SMALL * sizes.sum() / len(sizes))


def confusion(classes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of classes (rows) by labels (columns), with the classes and the labels that they stand for.

    Rows without a label, and those of class -1, do not count.
    """
    classes, labels = counted(classes, labels)
    class_names, class_numbers = np.unique(classes, return_inverse=True)
    label_names, label_numbers = np.unique(labels, return_inverse=True)
    table = np.zeros((len(class_names), len(label_names)), int)
    np.add.at(table, (class_numbers, label_numbers), 1)
    return table, class_names, label_names


def counted(classes: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Classes and labels of the rows that have both."""
    there = has_label(labels)
    if classes.dtype.kind in "if":
        there = there & (classes >= 0)
    return classes[there], labels[there]


def are_classes(labels: np.ndarray | None) -> bool:
    """Whether labels are classes (text or whole numbers), not measurements; False if no row has a label."""
    if labels is None or not has_label(labels).any():
        return False
    if labels.dtype.kind == "f":
        return bool(np.all(np.isfinite(labels)) and np.all(labels == np.round(labels)))
    return True
