from itertools import permutations

import numpy as np
import pytest

from kvae.metrics import are_classes, bits_per_dim, clustering_metrics, objective_in


def test_bits_per_dim_of_a_fair_coin_is_one():
    assert bits_per_dim(10 * np.log(2), 0.0, (10,)) == pytest.approx(1.0)
    assert bits_per_dim(4 * np.log(2), 4 * np.log(2), (2, 2, 1)) == pytest.approx(2.0)


def test_clustering_metrics_find_the_best_matching():
    rng = np.random.default_rng(0)
    labels, classes = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    best = max(np.mean(np.array(order)[classes] == labels) for order in permutations(range(4)))
    assert clustering_metrics(classes, labels)["accuracy"] == pytest.approx(best)
    renamed = clustering_metrics((labels + 1) % 4, np.array(["a", "b", "c", "d"])[labels])
    assert renamed == {"accuracy": 1.0, "nmi": 1.0, "ari": 1.0}


@pytest.mark.parametrize(
    ("labels", "expected"), [(["a"], True), ([1], True), ([1.0], True), ([1.5], False), ([np.nan], False)]
)
def test_measurements_are_no_classes(labels, expected):
    assert are_classes(np.array(labels)) is expected
    assert are_classes(None) is False


def test_an_objective_without_held_out_rows_is_that_of_the_learning_rows():
    assert objective_in({"loss": 2.0}, "val_loss") == ("loss", 2.0)
    assert objective_in({"loss": 2.0, "val_loss": 3.0}, "val_loss") == ("val_loss", 3.0)
    assert np.isnan(objective_in({"loss": 2.0}, "nll")[1])
