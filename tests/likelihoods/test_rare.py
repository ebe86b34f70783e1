"""The part of a categorical distribution that is spread evenly over all categories."""

import numpy as np
import pytest
from keras import ops

from kvae.likelihoods.columns.rare import Spread
from kvae.likelihoods.table import Table
from kvae.table import Column, coded

NAMES = {"categorical": 200, "large_categorical": 2000}


def sure(table, rng, n):
    """A table whose decoder is sure of a category, and `n` rows of what it gives."""
    for group in table.groups:
        group.likelihood.set_weights([rng.normal(0, 20, one.shape) for one in group.likelihood.get_weights()])
    return rng.normal(0, 200, (n, table.param_shape((1,))[0]))


def column(name, values, missing="marginal"):
    return coded(Column("street", "categorical", {"name": name}, None, NAMES[name], missing), values)


@pytest.mark.parametrize("name", NAMES)
def test_however_sure_the_decoder_is_other_categories_stay_possible(name):
    values = np.arange(100.0)  # all alone
    table = Table([column(name, values)])
    least = np.log(100 / 101 / NAMES[name])
    params = sure(table, np.random.default_rng(0), NAMES[name])
    found = ops.convert_to_numpy(table.log_prob(np.arange(NAMES[name])[:, None].astype(float), params))
    assert found.min() == pytest.approx(least, abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_of_such_values_any_category_is_drawn(name):
    table = Table([column(name, np.repeat([0.0, *range(1, 100)], [100, *[1] * 99]))])
    params = np.repeat(sure(table, np.random.default_rng(0), 1), 9000, axis=0)
    drawn = table.sample(params, np.random.default_rng(1))[:, 0].astype(int)
    counts = np.bincount(drawn, minlength=NAMES[name])
    assert np.delete(counts, counts.argmax()).sum() / 9000 == pytest.approx(99 / 200, abs=0.03)
    assert (counts > 0).mean() > 0.8
    known = np.arange(NAMES[name])[:, None].astype(float)
    p = np.exp(ops.convert_to_numpy(table.log_prob(known, params[:1])))
    np.testing.assert_allclose(table.cdf(known, params[:1])[:, 0], np.cumsum(p), atol=1e-6)


def test_columns_without_such_values_are_computed_as_ever():
    values = np.repeat(np.arange(100.0), 2)
    column = coded(Column("street", "categorical", {"name": "categorical"}, None, 200), values)
    assert column.coding["alone"] == 0
    even = Spread(np.array([0.0]), np.array([200]))
    log_p = ops.convert_to_tensor(np.zeros((3, 1, 200)))
    assert even.log_p_of_all(log_p) is log_p and even.log_p(log_p) is log_p


def test_one_column_of_a_group_with_such_values_changes_no_other():
    even = Spread(np.array([0.0, 0.5]), np.array([4, 3]))
    p = np.array([[[0.4, 0.3, 0.2, 0.1], [0.5, 0.25, 0.25, 0.0]]])
    with np.errstate(divide="ignore"):
        found = np.exp(ops.convert_to_numpy(even.log_p_of_all(ops.convert_to_tensor(np.log(p)))))
    np.testing.assert_allclose(found[0, 0], p[0, 0], rtol=1e-12)
    np.testing.assert_allclose(found[0, 1], [*(0.5 * p[0, 1, :3] + 1 / 6), 0], rtol=1e-12, atol=1e-30)
    numbers = even.sample(np.random.default_rng(0), np.zeros((9000, 2), int))
    assert (numbers[:, 0] == 0).all()
    shares = np.bincount(numbers[:, 1], minlength=3) / 9000
    np.testing.assert_allclose(shares, [4 / 6, 1 / 6, 1 / 6], atol=0.02)
    upto = even.cdf(np.array([[1.0, 0.5]]), np.array([[9, 0]]))
    np.testing.assert_allclose(upto, [[1.0, 0.25 + 0.5 / 3]])


@pytest.mark.parametrize("alone", [np.nan, -1.0, 7.0])
def test_a_share_of_a_foreign_file_that_is_none_makes_no_nan(alone):
    even = Spread(np.array([alone]), np.array([4]))
    found = ops.convert_to_numpy(even.log_p_of_all(ops.convert_to_tensor(np.log(np.full((1, 1, 4), 0.25)))))
    np.testing.assert_allclose(np.exp(found), 0.25, rtol=1e-6)
