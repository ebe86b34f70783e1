import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from kvae.metrics.agreement import kappa, kappas


def test_kappa_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    signs = rng.integers(5, size=(3, 200))
    signs[1, :120] = signs[0, :120]
    for (a, b), found in kappas(signs).items():
        assert found == pytest.approx(cohen_kappa_score(signs[a], signs[b]))
    assert len(kappas(signs)) == 3
    signs[2, :50] = -1
    assert kappas(signs)[1, 2] == pytest.approx(cohen_kappa_score(signs[1, 50:], signs[2, 50:]))
    signs[1, 50:] = -1
    assert kappas(signs).keys() == {(0, 1), (0, 2)}


def test_one_sign_alone_is_agreed_on():
    assert kappa(np.ones(4, int), np.ones(4, int)) == 1.0
    assert kappa(np.zeros(4, int), np.ones(4, int)) == 0.0
