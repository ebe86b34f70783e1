import numpy as np
import pytest
from scipy import stats

from kvae.metrics.clusters import divergence, groups_of
from kvae.table import Column

rng = np.random.default_rng(0)
N = 4000
CLASSES = rng.choice(4, N, p=[0.6, 0.3, 0.1, 0.0])
COLUMNS = (
    Column("height", "continuous", {"name": "gaussian"}),
    Column("noise", "continuous", {"name": "gaussian"}),
    Column("sex", "binary", {"name": "bernoulli"}, ("f", "m"), 2),
    Column("street", "categorical", {"name": "categorical"}, None, 3000),
)
X = np.stack(
    [
        170 + 10.0 * CLASSES + rng.normal(0, 1, N),
        rng.normal(0, 1, N),
        (rng.random(N) < np.array([0.2, 0.5, 1.0, 0.0])[CLASSES]).astype(float),
        rng.integers(0, 3000, N).astype(float),
    ],
    axis=1,
)
X[CLASSES == 1, 1] = np.where(rng.random((CLASSES == 1).sum()) < 0.2, np.nan, X[CLASSES == 1, 1])
GROUPS = groups_of(X, CLASSES, 4, COLUMNS)


def test_groups_are_described_beside_the_table():
    np.testing.assert_array_equal(GROUPS.sizes, [*np.bincount(CLASSES, minlength=4), N])
    for k in range(3):
        rows = X[k == CLASSES]
        np.testing.assert_allclose(GROUPS.typical[k, :2], np.nanmean(rows[:, :2], axis=0))
        np.testing.assert_allclose(GROUPS.spread[k, :2], np.nanstd(rows[:, :2], axis=0))
    np.testing.assert_array_equal(
        GROUPS.typical[:3, 2], [0, np.bincount(X[CLASSES == 1, 2].astype(int)).argmax(), 1]
    )
    assert GROUPS.spread[0, 2] == pytest.approx(1 - X[CLASSES == 0, 2].mean())
    np.testing.assert_allclose(GROUPS.typical[4, 0], X[:, 0].mean())


def test_an_empty_group_has_nothing():
    assert np.isnan(GROUPS.typical[3]).all() and np.isnan(GROUPS.apart[3]).all()


def test_what_sets_groups_apart_is_the_divergence_less_that_of_chance():
    table = np.bincount(X[:, 2].astype(int)) / N
    own = np.bincount(X[CLASSES == 2, 2].astype(int), minlength=2) / (CLASSES == 2).sum()
    assert GROUPS.apart[2, 2] == pytest.approx(stats.entropy(own, table), abs=0.005)
    assert GROUPS.apart[2, 0] == pytest.approx(np.log(N / (CLASSES == 2).sum()), abs=0.1)  # it alone is there
    assert np.all(GROUPS.apart[:3, 3] < 0.05)  # 30 streets would set a group of random rows apart
    assert GROUPS.apart[0, 1] < 0.1 < GROUPS.apart[1, 1]  # its gaps alone


def test_columns_in_the_order_of_what_they_tell():
    assert np.argsort(-GROUPS.together).tolist() == [0, 2, 1, 3]


def test_divergence_of_counts():
    counts = np.array([[3, 1, 0], [1, 3, 0], [0, 0, 0]])
    np.testing.assert_allclose(divergence(counts)[:2], stats.entropy([0.75, 0.25], [0.5, 0.5]))
    assert np.isnan(divergence(counts)[2])
