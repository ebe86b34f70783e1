"""Which component of one partition is which of another."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def match_components(r: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The order of the components of `r` that agrees best with `reference`, both responsibilities `(n, K)`.

    Component numbers are arbitrary in every fit; what is sent upwards must not change its meaning from one to
    the next. Maximises the shared responsibility (Kuhn 1955).

    Returns:
        `(K,)` integers: component `order[k]` of `r` stands for component k of `reference`.
    """
    shared = reference.T @ r
    rows, order = linear_sum_assignment(-shared)
    return order[np.argsort(rows)]
