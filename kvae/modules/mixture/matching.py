"""Match the components of two partitions of the same rows."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def match_components(r: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The order of the components of `r` that agrees best with `reference`, both responsibilities `(n, K)`.

    The numbers of components are arbitrary in every fit, but the forward message must keep its meaning from fit to
    fit. The order maximises the shared responsibility (Kuhn 1955).

    Returns:
        `(K,)` integers: component `order[k]` of `r` stands for component k of `reference`.
    """
    shared = reference.T @ r
    rows, order = linear_sum_assignment(-shared)
    return order[np.argsort(rows)]


def agreement(labels: np.ndarray, others: np.ndarray, n_classes: int) -> float:
    """The share of rows on which two partitions `(n,)` into `n_classes` agree, with classes matched at best."""
    both = np.bincount(labels * n_classes + others, minlength=n_classes**2).reshape(n_classes, n_classes)
    return float(both[linear_sum_assignment(both, maximize=True)].sum() / len(labels))
