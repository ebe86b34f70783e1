"""Categories that at most one learning row has are equally probable, whatever the decoder gives."""

import numpy as np
import pytest
from keras import ops

from kvae.likelihoods.table import Table
from kvae.table import Column, coded

NAMES = {"categorical": 200, "large_categorical": 800}


@pytest.fixture(params=NAMES)
def table(request):
    """A column of which the categories 0 and 7 are frequent and the others rare."""
    values = np.repeat([0.0, *range(1, 100)], [100, *[50 if i == 7 else 1 for i in range(1, 100)]])
    column = Column("street", "categorical", {"name": request.param}, None, NAMES[request.param])
    return Table([coded(column, values)])


def sure(table, n):
    """Set weights, if any, and make `n` rows of outputs of a decoder, at random and far from 0."""
    rng = np.random.default_rng(0)
    for group in table.groups:
        group.likelihood.set_weights([rng.normal(0, 3, one.shape) for one in group.likelihood.get_weights()])
    return rng.normal(0, 3, (n, table.param_shape((1,))[0]))


def test_they_are_equally_probable(table):
    n = table.columns[0].n_categories
    params = sure(table, 20)
    log_p = np.stack([np.log(table.probabilities(params[i : i + 1], 0)[0]) for i in range(20)])
    rare = np.delete(np.arange(n), [0, 7])
    np.testing.assert_allclose(log_p[:, rare], log_p[:, rare[:1]].repeat(n - 2, axis=1), rtol=1e-6)
    assert np.ptp(log_p[:, 0]) > 3 and np.ptp(log_p[:, 1]) > 3
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1, rtol=1e-6)
    for i in range(20):
        x = np.arange(n)[:, None].astype(float)
        found = ops.convert_to_numpy(table.log_prob(x, params[i : i + 1].repeat(n, axis=0)))
        np.testing.assert_allclose(found, log_p[i], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(table.cdf(x, params[i : i + 1])[:, 0], np.exp(log_p[i]).cumsum(), atol=1e-6)
        assert ops.convert_to_numpy(table.mean(params[i : i + 1]))[0, 0] == log_p[i].argmax()


def test_they_are_drawn_as_often_as_one_another(table):
    n = table.columns[0].n_categories
    params = sure(table, 1)
    p = table.probabilities(params, 0)[0]
    drawn = table.sample(params.repeat(200_000, axis=0), np.random.default_rng(1))[:, 0].astype(int)
    counts = np.bincount(drawn, minlength=n)
    for one in (0, 7):
        assert counts[one] / 200_000 == pytest.approx(p[one], abs=5 * np.sqrt(p[one] / 200_000) + 1e-6)
    rare = np.delete(counts, [0, 7])
    assert rare.std() < 1.5 * np.sqrt(rare.mean())


def test_an_output_of_zero_gives_the_shares_of_the_learning_rows(table):
    p = table.probabilities(np.zeros((1, table.param_shape((1,))[0])), 0)[0]
    n = table.columns[0].n_categories
    assert p[[0, 7]] == pytest.approx(np.array([100.5, 50.5]) / (248 + n / 2), rel=1e-3)
    assert p.sum() == pytest.approx(1)
