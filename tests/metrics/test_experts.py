import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from kvae.metrics.experts import neighbours_accuracy, posteriors_apart


def test_experts_apart_is_the_symmetric_kl_by_draws():
    rng = np.random.default_rng(0)
    means, variances = rng.normal(size=(3, 2, 2)), rng.uniform(0.3, 2.0, size=(3, 2, 2))
    means[2, 1] = np.nan
    total = []
    for row, pairs in enumerate(([(0, 1), (0, 2), (1, 2)], [(0, 1)])):
        for i, j in pairs:
            for p, q in ((i, j), (j, i)):
                draws = means[p, row] + np.sqrt(variances[p, row]) * rng.standard_normal((400_000, 2))
                logs = [
                    -0.5 * ((draws - means[k, row]) ** 2 / variances[k, row] + np.log(variances[k, row])).sum(1)
                    for k in (p, q)
                ]
                total.append(np.mean(logs[0] - logs[1]))
    assert posteriors_apart(means, variances)["experts_apart"] == pytest.approx(np.mean(total), rel=0.02)
    assert posteriors_apart(means[:, :1] * np.nan, variances[:, :1]) == {}


def test_neighbours_accuracy_agrees_with_scikit_learn_and_leaves_gaps_out():
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 4
    z = np.eye(4)[labels] * 1.5 + rng.normal(size=(80, 4))
    expected = KNeighborsClassifier(5).fit(z[:50], labels[:50]).score(z[50:], labels[50:])
    holes, names = z[50:].copy(), labels[50:]
    holes = np.concatenate([holes, np.full((3, 4), np.nan)])
    names = np.concatenate([names, [0, 1, 2]])
    found = neighbours_accuracy(holes, names, (z[:50], labels[:50]))
    assert found == {"knn_accuracy": pytest.approx(expected)}
    one_out = [
        KNeighborsClassifier(5).fit(np.delete(z, i, 0), np.delete(labels, i)).predict(z[i : i + 1])[0] == labels[i]
        for i in range(80)
    ]
    assert neighbours_accuracy(z, labels) == {"knn_accuracy": pytest.approx(np.mean(one_out))}
    assert neighbours_accuracy(z[:5], labels[:5]) == {}
