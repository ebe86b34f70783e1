"""Whether a classifier tells generated rows from real ones."""

from collections.abc import Callable, Sequence

import numpy as np

from kvae.metrics.meaning import Meaning, measures
from kvae.metrics.tables.learners import Boosting, common, one_thread
from kvae.table import Column

FOLDS = 3


@one_thread
@measures(
    c2st=Meaning(
        "Two-sample test",
        "Whether gradient boosting tells generated rows from real ones: 1 where it cannot, 0 where it always can.",
        better="higher",
        rank=3,
    )
)
def c2st_metrics(
    real: np.ndarray,
    generated: np.ndarray,
    columns: Sequence[Column],
    seed: int = 0,
    done: Callable[[int], None] = lambda folds: None,
) -> dict[str, float]:
    """`c2st`: the classifier two-sample test as SDMetrics scales it (`DetectionMetric`), with gradient boosting.

    1 minus the mean over three folds of 2 max(AUC, 1/2) - 1, of scikit-learn's `HistGradientBoostingClassifier`,
    which learns to tell real rows `(n, n_columns)` from equally many generated ones. Draws from `seed`. `done` is
    called with how many folds are done. Empty if there are fewer than ten rows of either.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    n = min(len(real), len(generated))
    if n < 10:
        return {}
    rng = np.random.default_rng(seed)
    rows = [table[np.sort(rng.choice(len(table), n, replace=False))] for table in (real, generated)]
    (x,), y = common(columns, np.concatenate(rows)), np.repeat([1, 0], n)
    told = []
    for learn, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(x, y):
        score = Boosting(columns, seed).fit(x[learn], y[learn]).predict_proba(x[test])[:, 1]
        told.append(2.0 * max(0.5, roc_auc_score(y[test], score)) - 1.0)
        done(len(told))
    return {"c2st": 1.0 - float(np.mean(told))}
