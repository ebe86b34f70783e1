import numpy as np

from kvae.metrics import probe_accuracies


def test_neighbours_by_hand():
    rng = np.random.default_rng(0)
    known, labels = rng.normal(size=(80, 2)), rng.integers(0, 3, 80)
    z, truth = rng.normal(size=(30, 2)), rng.integers(0, 3, 30)
    votes = []
    for code in z:
        nearest = labels[np.argsort(np.sum((known - code) ** 2, axis=1))[:5]]
        votes.append(np.bincount(nearest, minlength=3).argmax())
    found = probe_accuracies(z, truth, (known, labels))
    assert found["knn_accuracy"] == np.mean(np.array(votes) == truth)


def test_classes_that_lie_apart_are_found_whether_or_not_other_rows_are_learnt():
    rng = np.random.default_rng(0)
    labels = np.repeat(["a", "b"], 20)
    z = rng.normal(size=(40, 3)) + 20.0 * (labels == "b")[:, None]
    perfect = {"knn_accuracy": 1.0, "logistic_accuracy": 1.0}
    assert probe_accuracies(z, labels, (z[::2], labels[::2])) == perfect
    assert probe_accuracies(z, labels, None) == perfect
