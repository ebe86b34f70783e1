"""How well scores tell anomalies from normal rows."""

import numpy as np


def detection_metrics(scores: np.ndarray, flagged: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Quality of anomaly scores `(n,)` against what is known.

    Args:
        scores: The larger, the more unusual.
        flagged: What is called an anomaly, booleans `(n,)`.
        truth: What is one, booleans `(n,)`.

    Returns:
        `roc_auc` and `average_precision` of the scores, `precision` and `recall` of the flags; nothing where there
        are no anomalies, or nothing else.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    if truth.all() or not truth.any():
        return {}
    found = np.sum(flagged & truth)
    return {
        "roc_auc": float(roc_auc_score(truth, scores)),
        "average_precision": float(average_precision_score(truth, scores)),
        "precision": float(found / max(1, flagged.sum())),
        "recall": float(found / truth.sum()),
    }
