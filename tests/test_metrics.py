import numpy as np
import pytest

from kvae.metrics import Spread, active_units, bits_per_dim


def test_active_units_are_those_whose_mean_varies():
    z = np.random.default_rng(0).normal(size=(1000, 4)) * [1.0, 0.2, 0.05, 0.0] + 5.0
    assert active_units(z) == 2


def test_bits_per_dim_of_a_fair_coin_is_one():
    assert bits_per_dim(10 * np.log(2), 0.0, (10,)) == pytest.approx(1.0)
    assert bits_per_dim(4 * np.log(2), 4 * np.log(2), (2, 2, 1)) == pytest.approx(2.0)


def test_clustering_metrics_find_the_best_matching():
    from itertools import permutations

    from kvae.metrics import clustering_metrics

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
    from kvae.metrics import are_classes

    assert are_classes(np.array(labels)) is expected
    assert are_classes(None) is False


def test_the_spread_of_pieces_is_that_of_the_whole():
    z = np.random.default_rng(0).normal([100.0, 0.0, -3.0], [0.05, 0.11, 2.0], size=(1000, 3)).astype(np.float32)
    spread = Spread()
    for part in np.split(z, [1, 300, 301]):
        spread.add(part)
    np.testing.assert_allclose(spread.square / spread.n, np.var(z.astype(np.float64), axis=0), rtol=1e-4)
    assert spread.active_units == 2
