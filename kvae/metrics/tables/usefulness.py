"""How useful a generated table is: a model that learns from it, tested on real rows."""

from collections.abc import Sequence

import numpy as np

from kvae.metrics.meaning import Meaning, measures
from kvae.metrics.tables.learners import Boosting, common, one_thread
from kvae.table import Column

# Boosting grows a tree per class and round.
MOST_CLASSES = 50
WHAT = "AUC of two classes, accuracy of more, R2 of a number"


@one_thread
def usefulness(
    learning: np.ndarray, test: np.ndarray, columns: Sequence[Column], label: int, seed: int = 0
) -> float | None:
    """How well gradient boosting that learns from some rows predicts the label of others; draws from `seed`.

    AUC for two classes, accuracy for more, R2 for a number. Rows without a label do not count. None where the
    result would mean nothing: fewer than ten rows to learn from or two to test, a single label among the test
    rows, no other column, or more than 50 classes.

    Args:
        learning: Rows `(n, n_columns)` to learn from.
        test: Rows `(m, n_columns)` to test on.
        columns: What their values mean.
        label: The position of the column that is predicted from the others.
        seed: Source of the random numbers.
    """
    from sklearn.metrics import accuracy_score, r2_score, roc_auc_score

    learning, test = (rows[~np.isnan(rows[:, label])] for rows in (learning, test))
    target = columns[label]
    if len(learning) < 10 or len(test) < 2 or np.ptp(test[:, label]) == 0 or len(columns) == 1:
        return None
    if (target.n_categories or 0) > MOST_CLASSES:
        return None
    others = [place for place in range(len(columns)) if place != label]
    of_others = [columns[place] for place in others]
    x, x_test = common(of_others, learning[:, others], test[:, others])
    y, y_test = learning[:, label], test[:, label]
    if target.is_number:
        found = Boosting(of_others, seed, number=True).fit(x, y.astype(np.float64)).predict(x_test)
        return float(r2_score(y_test, found))
    if np.ptp(y) == 0:  # one class was learnt
        return 0.5 if target.n_categories == 2 else float(np.mean(y_test == y[0]))
    model = Boosting(of_others, seed).fit(x, y)
    if target.n_categories == 2:
        return float(roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))
    return float(accuracy_score(y_test, model.predict(x_test)))


@measures(
    tstr=Meaning(
        "Trained on generated rows",
        f"How well gradient boosting that learns from generated rows predicts the label of real ones: {WHAT}.",
        better="higher",
        rank=2,
    ),
    trtr=Meaning(
        "Trained on real rows",
        f"How well gradient boosting that learns from the learning rows predicts the label of others: {WHAT}.",
        better="higher",
    ),
)
def usefulness_metrics(
    learning: np.ndarray,
    generated: np.ndarray,
    test: np.ndarray,
    columns: Sequence[Column],
    label: int,
    seed: int = 0,
) -> dict[str, float]:
    """`tstr`, and beside it `trtr`, without those that are None. Arguments as in `usefulness`."""
    found = {
        "tstr": usefulness(generated, test, columns, label, seed),
        "trtr": usefulness(learning, test, columns, label, seed),
    }
    return {name: value for name, value in found.items() if value is not None}
