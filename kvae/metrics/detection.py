"""How well anomaly scores separate anomalies from normal rows."""

import numpy as np

from kvae.metrics.meaning import Meaning, measures


@measures(
    threshold=Meaning("Threshold", "The anomaly score above which a row is flagged.", "nats"),
    anomalies=Meaning("Anomalies", "Rows above the threshold.", "rows"),
    anomaly_share=Meaning("Share of anomalies", "Share of the rows above the threshold.", "%"),
)
def flag_metrics(flagged: np.ndarray, threshold: float) -> dict[str, float]:
    """How many rows are `flagged`, booleans `(n,)`, and the `threshold` that they are above, in nats."""
    return {"threshold": threshold, "anomalies": int(flagged.sum()), "anomaly_share": float(flagged.mean())}


@measures(
    roc_auc=Meaning(
        "ROC AUC",
        "Chance that an anomalous row scores above a normal one; 0.5 for guessing.",
        better="higher",
        rank=3,
    ),
    average_precision=Meaning(
        "Average precision",
        "Mean precision over all levels of recall; guessing gives the share of anomalies.",
        better="higher",
        rank=3,
    ),
    precision=Meaning("Precision", "Share of the flagged rows that are anomalies.", "%", "higher"),
    recall=Meaning("Recall", "Share of the anomalies that are flagged.", "%", "higher"),
)
def detection_metrics(scores: np.ndarray, flagged: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Quality of anomaly scores against known anomalies.

    Args:
        scores: Anomaly scores `(n,)`; the larger, the more unusual.
        flagged: Rows that are flagged as anomalies, booleans `(n,)`.
        truth: Rows that are anomalies, booleans `(n,)`.

    Returns:
        `roc_auc` and `average_precision` of the scores, `precision` and `recall` of the flags; empty if no row, or
        every row, is an anomaly.
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
