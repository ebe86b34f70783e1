"""How certain a Markov chain is of what comes next."""

import numpy as np

from kvae.metrics.meaning import Meaning, measures


@measures(
    entropy_rate=Meaning(
        "Entropy rate",
        "How uncertain the class of the next row is, given that of this row: 0 if it is certain, log K if all K "
        "classes are equally probable.",
        "nats per row",
        "lower",
    )
)
def entropy_rate(transitions: np.ndarray) -> float:
    """- sum_j p_j sum_k A_jk log A_jk of transitions A `(K, K)`, with their stationary distribution p (Cover and
    Thomas 2006, equation 4.27).
    """
    k = len(transitions)
    equations = np.vstack([transitions.T - np.eye(k), np.ones(k)])
    p = np.linalg.lstsq(equations, np.append(np.zeros(k), 1.0), rcond=None)[0]
    terms = -transitions * np.log(np.maximum(transitions, np.finfo(float).tiny))
    return float(p @ terms.sum(axis=1))
