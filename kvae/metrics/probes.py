"""How well simple classifiers predict labels from latent codes."""

from typing import Any

import numpy as np

from kvae.metrics.meaning import Meaning, measures

FOLDS = 5


def probes() -> dict[str, Any]:
    """The classifiers by the name of their metric: five nearest neighbours, and logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return {"knn_accuracy": KNeighborsClassifier(n_neighbors=5), "logistic_accuracy": logistic}


@measures(
    knn_accuracy=Meaning(
        "Neighbours' accuracy", "Share of rows whose label their five nearest codes predict.", "%", "higher"
    ),
    logistic_accuracy=Meaning(
        "Logistic accuracy", "Share of rows whose label a logistic regression on codes predicts.", "%", "higher"
    ),
)
def probe_accuracies(
    z: np.ndarray, labels: np.ndarray, learning: tuple[np.ndarray, np.ndarray] | None
) -> dict[str, float]:
    """Share of the codes `z` `(n, latent_dim)` whose label `(n,)` each probe predicts. Draws no random numbers.

    The probes learn from `learning`, codes and labels of other rows, or if it is None from four fifths of the rows
    at a time (stratified cross-validation).
    """
    found = {}
    for name, probe in probes().items():
        if learning is not None:
            found[name] = float(probe.fit(*learning).score(z, labels))
        else:
            from sklearn.model_selection import cross_val_score

            found[name] = float(np.mean(cross_val_score(probe, z, labels, cv=FOLDS)))
    return found
