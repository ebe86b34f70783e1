import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from kvae.modules.mixture import fit_mixture
from kvae.modules.mixture import threads as module
from kvae.modules.mixture.threads import threads


@pytest.fixture
def two(monkeypatch):
    """Two threads, however many this machine has."""
    monkeypatch.setattr(module, "threadpool_info", lambda: [{"user_api": "blas", "num_threads": 2}])


def held() -> set[int]:
    return {one["num_threads"] for one in threadpool_info()}


def test_results_stand_in_the_order_of_the_items_and_both_threads_make_them(two):
    meet = threading.Barrier(2, timeout=30)  # neither goes on before the other has come

    def square(x):
        if x < 2:
            meet.wait()
        return x**2, threading.get_ident()

    with threads() as share:
        values, makers = zip(*share(square, range(9)), strict=True)
        assert share(square, range(2, 2)) == []
    assert list(values) == [x**2 for x in range(9)]
    assert len(set(makers)) == 2


def test_blas_and_openmp_take_one_thread_meanwhile_in_every_thread(two):
    before, meet = held(), threading.Barrier(2, timeout=30)
    with threads() as share:
        assert share(lambda _: (meet.wait(), held())[1], range(2)) == [{1}, {1}]
    assert held() == before


def test_a_mistake_in_any_thread_comes_out(two):
    meet = threading.Barrier(2, timeout=30)

    def fails(x):
        meet.wait()
        if x == bad:
            raise ValueError(f"bad {x}")
        return x

    for bad in (0, 1):
        with pytest.raises(ValueError, match=f"bad {bad}"), threads() as share:
            share(fails, range(2))


def test_where_blas_has_one_thread_there_is_one():
    with threadpool_limits(1), threads() as share:
        assert set(share(lambda _: threading.get_ident(), range(20))) == {threading.get_ident()}


def test_a_fit_is_the_same_with_any_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(12_000, 3)) + 3 * rng.integers(0, 3, (12_000, 1))
    fits = []
    for number in (1, 2, 3):
        monkeypatch.setattr(
            module, "threadpool_info", lambda number=number: [{"user_api": "blas", "num_threads": number}]
        )
        fits.append(fit_mixture(z, 4, n_starts=3, selection="modularity"))
    for fit in fits[1:]:
        np.testing.assert_array_equal(fit.r, fits[0].r)
        np.testing.assert_array_equal(fit.mixture.covs, fits[0].mixture.covs)
