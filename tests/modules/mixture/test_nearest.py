import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from kvae.modules.mixture import nearest as module
from kvae.modules.mixture.nearest import nearest


def by_all_distances(z, k):
    distances = cdist(z, z)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1)[:, :k]


@pytest.mark.parametrize("n", [2, 3, 60, 700])
@pytest.mark.parametrize("d", [1, 2, 7, 30])
def test_the_nearest_rows_are_those_of_all_distances(n, d):
    z = np.random.default_rng(0).normal(size=(n, d))
    np.testing.assert_array_equal(nearest(z, 5), by_all_distances(z, min(5, n - 1)))


@pytest.mark.parametrize("d", [3, 12])
@pytest.mark.parametrize(
    "shape",
    [
        lambda z: z + 1e7,
        lambda z: z * 1e-30,
        lambda z: z * 1e30,
        lambda z: z * 10.0 ** -np.arange(z.shape[1]),
        lambda z: np.where(np.arange(len(z))[:, None] % 50 == 0, 1e6 * z, z),  # some far outside
        lambda z: np.where(np.arange(len(z))[:, None] % 2 == 0, 1e-5 * z, 100 + z),  # dense beside thin
        lambda z: 1e-6 * z + 1e4 * (np.arange(len(z)) % 3)[:, None],  # far apart, and dense
    ],
)
def test_neither_unit_nor_place_nor_density_leads_to_others(shape, d, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 5_000)  # several blocks of rows
    z = shape(np.random.default_rng(0).normal(size=(800, d)))
    found, expected = nearest(z, 6), by_all_distances(z, 6)
    rows = np.arange(800)[:, None]
    # The order of what is as far as another, to rounding, is nobody's.
    np.testing.assert_allclose(
        np.sqrt(np.square(z[rows] - z[found]).sum(axis=2)),
        np.sqrt(np.square(z[rows] - z[expected]).sum(axis=2)),
        rtol=1e-6,
        atol=1e-8 * np.abs(z).max(),
    )
    assert np.mean(found == expected) > 0.99


@pytest.mark.parametrize("d", [2, 9])
def test_of_equal_rows_any_are_taken_and_never_the_row_itself(d, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 20_000)
    z = np.repeat(np.random.default_rng(0).normal(size=(4, d)), [500, 300, 3, 1], axis=0)
    found = nearest(z, 4)
    assert not np.any(found == np.arange(804)[:, None])
    assert all(len(set(row)) == 4 for row in found)
    np.testing.assert_array_equal(z[found[:800]], np.repeat(z[:800, None], 4, axis=1))
    np.testing.assert_array_equal(z[found[800:803], :][:, :2], np.repeat(z[800:803, None], 2, axis=1))
    assert nearest(np.ones((30, d)), 3).shape == (30, 3)


def test_ties_take_no_more_memory_than_what_is_asked_for(monkeypatch):
    counted = []
    divmod_of = np.divmod
    monkeypatch.setattr(np, "divmod", lambda pairs, width: counted.append(len(pairs)) or divmod_of(pairs, width))
    z = np.tile(np.random.default_rng(0).normal(size=(2, 9)), (1000, 1))
    nearest(z, 4)
    assert counted
    assert max(counted) <= 1000 * 5


def test_memory_stays_bounded_where_most_rows_are_one():
    z = np.zeros((6000, 9))
    z[:50] = np.random.default_rng(0).normal(size=(50, 9))
    tracemalloc.start()
    nearest(z, 4)
    assert tracemalloc.get_traced_memory()[1] < 80 * 2**20  # all distances: 137 MiB and more
    tracemalloc.stop()


def test_rows_are_looked_up_in_single_precision_where_it_tells_them_apart(monkeypatch):
    monkeypatch.setattr(module, "exactly", lambda *_: pytest.fail("double precision"))
    z = np.random.default_rng(0).normal(size=(2000, 10)) + 4 * np.eye(10)[np.arange(2000) % 10]
    np.testing.assert_array_equal(nearest(z, 15), by_all_distances(z, 15))
