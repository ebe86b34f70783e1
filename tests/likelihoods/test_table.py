"""The likelihood of a table: densities beside SciPy's in float64, draws, means and shares beside the densities."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from likelihoods.columns_of_tables import COLUMNS, ROWS, expected
from scipy import stats

from kvae.likelihoods.columns.large_categorical import LargeCategorical
from kvae.likelihoods.columns.lookup import names
from kvae.likelihoods.lookup import get_likelihood
from kvae.likelihoods.table import Table
from kvae.table import Column, coded
from tests.mixed_table import mixed_columns, mixed_rows

TABLE = Table(list(COLUMNS.values()), name="table")
N_PARAMS = TABLE.param_shape((len(COLUMNS),))[0]
EACH = pytest.mark.parametrize("name", COLUMNS)
PLACES = {name: j for j, name in enumerate(COLUMNS)}


def some_params(n, seed=1, scale=0.6):
    return np.random.default_rng(seed).normal(scale=scale, size=(n, N_PARAMS))


def group_of(name):
    return next(group for group in TABLE.groups if PLACES[name] in group.places)


def own(params, name):
    """What a decoder gives of one column."""
    group = group_of(name)
    block = params[..., group.params].reshape(*params.shape[:-1], len(group.places), -1)
    return block[..., group.places.index(PLACES[name]), :]


def log_p(x, params, dtype=tf.float64, of=TABLE):
    return np.asarray(of.log_prob_per_column(tf.constant(x, dtype), tf.constant(params, dtype)))


def part_with(name):
    """A smaller table: the columns of the same likelihood between the first and the last; its rows; the place."""
    kept = [j for j in range(len(COLUMNS)) if j in (0, *group_of(name).places, len(COLUMNS) - 1)]
    table = Table([list(COLUMNS.values())[j] for j in kept], name="part")
    return table, ROWS[:, kept].astype(np.float64), kept.index(PLACES[name])


def params_of(table, seed, scale=0.6):
    """What a decoder may give for one row."""
    return np.random.default_rng(seed).normal(scale=scale, size=(1, table.param_shape((len(table.columns),))[0]))


def coded_columns(missing="ignore"):
    return [coded(c, v) for c, v in zip(mixed_columns(missing).columns, mixed_rows(500).T, strict=True)]


def repeated(params, n):
    return np.repeat(params, n, axis=0)


def test_every_likelihood_of_columns_is_here():
    assert sorted({column.likelihood["name"] for column in COLUMNS.values()}) == sorted(names())


@pytest.fixture(scope="module")
def densities():
    """Values of every column, what a decoder gives, and the densities in float64 and float32."""
    params = some_params(len(ROWS))
    rows = np.random.default_rng(2).permuted(ROWS.astype(np.float64), axis=0)
    rows[:, PLACES["quantile_gaussian"]] += 1e-4  # its map has bends at values that were met
    return rows, params, log_p(rows, params), log_p(rows, params, tf.float32)


@EACH
def test_density_is_that_of_scipy(name, densities):
    rows, params, double, single = densities
    x = rows[:, PLACES[name]]
    weights = []
    if name == "large_categorical":
        weights = [np.asarray(weight, np.float64) for weight in group_of(name).likelihood.weights]
    wanted = expected(name, x, own(params, name), weights)
    np.testing.assert_allclose(double[:, PLACES[name]], wanted, rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(single[:, PLACES[name]], wanted, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize(
    "name",
    ["gaussian", "student_t", "quantile_gaussian", "log_normal", "gamma", "histogram", "quantile_mixture"],
)
def test_densities_integrate_to_one_and_the_cdf_is_their_integral(name):
    table, known, j = part_with(name)
    params = params_of(table, seed=3, scale=0.3)
    column = COLUMNS[name].coding
    low, high = (column["low"] - 12 * column["std"], column["high"] + 12 * column["std"])
    low = 1e-3 if name in ("log_normal", "gamma") else low
    points = np.unique(np.concatenate([np.linspace(low, high, 40001), column["knots"], column["edges"]]))
    middles = 0.5 * (points[1:] + points[:-1])
    rows = repeated(known[:1], len(middles))
    rows[:, j] = middles
    p = np.exp(log_p(rows, repeated(params, len(rows)), of=table)[:, j]) * np.diff(points)
    at = 0.0
    if column["atoms"] and name in ("histogram", "quantile_mixture"):
        rows = repeated(known[:1], len(column["atoms"]))
        rows[:, j] = column["atoms"]
        at = np.exp(log_p(rows, repeated(params, len(rows)), of=table)[:, j])
        assert at.sum() > 0.2
    assert p.sum() + np.sum(at) == pytest.approx(1.0, abs=2e-3)
    for value in np.quantile(known[:, j], [0.1, 0.45, 0.6, 0.95]):
        row = known[:1].copy()
        row[:, j] = value
        upto = p[middles <= value].sum() + np.sum(at * (np.array(column["atoms"]) <= value) if np.ndim(at) else 0)
        assert table.cdf(row, params)[0, j] == pytest.approx(upto, abs=5e-3)


@pytest.mark.parametrize(
    "name",
    [
        "poisson",
        "negative_binomial",
        "bernoulli",
        "categorical",
        "large_categorical",
        "rare_categories",
        "ordinal",
        "whole",
        "whole_mixture",
        "whole_grid",
        "whole_grid_mixture",
    ],
)
def test_probabilities_sum_to_one_and_the_cdf_is_their_sum(name):
    table, known, j = part_with(name)
    params = params_of(table, seed=4)
    column = COLUMNS[name]
    end = column.n_categories or (40000 if name.startswith("whole") else 1000)
    start = -20000 if name.startswith("whole") else 0
    values = np.arange(start, end)
    rows = repeated(known[:1], len(values))
    rows[:, j] = values
    p = np.exp(log_p(rows, repeated(params, len(rows)), of=table)[:, j])
    assert p.sum() == pytest.approx(1.0, abs=1e-4)
    tolerance = (
        1e-5 if not name.startswith("whole") else 5e-3
    )  # what was never met is no part of a histogram's own cdf
    np.testing.assert_allclose(table.cdf(rows, params)[:, j], np.cumsum(p), atol=tolerance)
    if column.n_categories:
        assert table.cdf(np.nextafter(rows[:1], np.float32(-np.inf)), params)[0, j] == 0.0
        found = table.probabilities(params, j)
        assert found.shape == (1, column.n_categories)
        np.testing.assert_allclose(found[0], p, rtol=1e-6, atol=1e-9)
        assert np.asarray(table.mean(tf.constant(params)))[0, j] == p.argmax()


def test_draws_follow_the_density():
    n = 20000
    params = repeated(some_params(1, seed=5, scale=0.3), n)
    drawn = TABLE.sample(params, np.random.default_rng(6))
    again = TABLE.sample(params, np.random.default_rng(6))
    assert (drawn == again).all() and np.isfinite(drawn).all()
    assert not TABLE.support.outside(drawn.astype(np.float32)).any()
    cdf = TABLE.cdf(drawn, params)
    below = TABLE.cdf(np.nextafter(drawn, -np.inf), params)
    u = below + np.random.default_rng(7).random(cdf.shape) * (cdf - below)  # the probability integral transform
    for name, j in PLACES.items():
        assert stats.kstest(u[:, j], "uniform").pvalue > 1e-4, name
    mean = np.asarray(TABLE.mean(tf.constant(params[:1])))[0]
    for name, j in PLACES.items():
        if COLUMNS[name].is_number and name != "log_normal":
            error = drawn[:, j].std() / np.sqrt(n)
            assert abs(drawn[:, j].mean() - mean[j]) < 5 * error, name


def test_a_rare_category_is_drawn_as_often_as_it_is_met():
    values = (np.arange(2000) < 10).astype(np.float32)
    table = Table([coded(Column("rare", "binary", {"name": "bernoulli"}, n_categories=2), values)])
    drawn = table.sample(np.zeros((200000, 1)), np.random.default_rng(0))
    assert abs(drawn.mean() - 10.5 / 2001) < 5 * np.sqrt(0.005 / 200000)


def test_gaps_add_nothing_and_leave_gradients_finite():
    table = Table(coded_columns())
    x = mixed_rows(200).astype(np.float64)
    x[:3] = np.nan
    params = tf.constant(np.random.default_rng(0).normal(size=(200, table.param_shape((7,))[0])))
    with tf.GradientTape() as tape:
        tape.watch(params)
        found = table.log_prob_per_column(tf.constant(x), params)
    assert ((np.asarray(found) == 0) == np.isnan(x)).all()
    assert np.isfinite(tape.gradient(found, params)).all()
    np.testing.assert_allclose(table.log_prob(tf.constant(x), params), np.asarray(found).sum(-1))
    filled = np.where(np.isnan(x), 1.0, x)
    there = log_p(filled, params, of=table)
    np.testing.assert_allclose(np.where(np.isnan(x), 0, there), found)


def test_learnt_gaps_have_probabilities():
    columns = coded_columns("learn")
    table, plain = Table(columns), Table(coded_columns())
    n_plain = plain.param_shape((7,))[0]
    assert table.param_shape((7,)) == (n_plain + 2,)
    x = mixed_rows(500).astype(np.float64)
    params = np.random.default_rng(0).normal(size=(500, n_plain + 2))
    p = table.p_missing(params)
    missing = np.array([column.coding["missing"] for column in columns])
    assert (p[:, [0, 3, 4, 5, 6]] == 0).all()
    np.testing.assert_allclose(p[:, 1:3], 1 / (1 + np.exp(-params[:, -2:]) * (1 / missing[1:3] - 1)), rtol=1e-6)
    there = ~np.isnan(x)
    gaps = np.zeros_like(x)
    gaps[:, 1:3] = np.log(np.where(there, 1 - p, p))[:, 1:3]
    np.testing.assert_allclose(
        log_p(x, params, of=table), log_p(x, params[:, :-2], of=plain) + gaps, rtol=1e-6, atol=1e-9
    )
    many = repeated(params[:1], 20000)
    drawn = table.sample(many, np.random.default_rng(0))
    shares = np.isnan(drawn).mean(0)
    assert (np.abs(shares - p[0]) < 5 * np.sqrt(p[0] * (1 - p[0]) / 20000) + 1e-12).all()
    values = table.sample(many, np.random.default_rng(0), gaps=False)
    assert np.isfinite(values).all() and (np.isnan(drawn) | (values == drawn)).all()


def test_values_that_no_learning_row_had_are_improbable_and_finite():
    row = ROWS[:1].astype(np.float32).repeat(5, axis=0)
    for name in (
        "histogram",
        "whole",
        "quantile_mixture",
        "whole_mixture",
        "gaussian",
        "quantile_gaussian",
        "student_t",
    ):
        row[:, PLACES[name]] = [-1e6, 1e6, 3e38, -3e38, 12345]
    found = log_p(row, np.zeros((5, N_PARAMS)), tf.float32)
    assert np.isfinite(found[[0, 1, 4]]).all() and not np.isnan(found).any()
    assert (found[:, [PLACES["histogram"], PLACES["whole"]]] < -5).all()


@pytest.mark.parametrize("name", ["histogram", "quantile_mixture"])
def test_whole_numbers_on_a_grid_stay_on_it_in_draws_and_others_are_improbable(name):
    """Weights in steps of 25 g: those that were never met lie among those that were, 4,001 g does not."""
    met = 4000.0 + 25 * np.rint(np.random.default_rng(0).normal(scale=20, size=300))
    column = coded(Column("x", "continuous", {"name": name}), met)
    table = Table([column])
    n_params = table.param_shape((1,))[0]
    grid = np.arange(met.min(), met.max() + 1, 25)
    never = grid[~np.isin(grid, met)]
    assert column.coding["step"] == 25 and len(never) > 5
    params = np.zeros((1, n_params)) if name == "histogram" else some_params(1, 8, 0.3)[:, :n_params]

    def p(x, params=params):
        return np.exp(log_p(x[:, None], repeated(params, len(x)), of=table)[:, 0])

    assert (p(grid + 1) < 1e-5).all() and (p(grid - 12) < 1e-5).all()
    if name == "quantile_mixture":
        once = np.sum(np.unique(met, return_counts=True)[1] == 1)
        assert p(never, 0 * params).sum() == pytest.approx(once / 300, rel=0.3)
        assert np.log(p(never)).min() > -9
    drawn = table.sample(repeated(params, 20000), np.random.default_rng(1))[:, 0]
    places, counts = np.unique(drawn, return_counts=True)
    assert np.isin(places, grid).all()
    shares = p(grid) / p(grid).sum()
    often = shares * 20000 > 5
    counted = np.array([counts[places == value].sum() for value in grid])
    there = np.append(counted[often], counted[~often].sum())
    wanted = 20000 * np.append(shares[often], shares[~often].sum())
    kept = wanted > 0
    assert stats.chisquare(there[kept], wanted[kept] * there[kept].sum() / wanted[kept].sum()).pvalue > 1e-4
    mean = np.asarray(table.mean(tf.constant(params)))[0, 0]
    assert mean == pytest.approx(np.sum(shares * grid), abs=2)


@pytest.mark.parametrize("name", ["histogram", "quantile_mixture"])
def test_codings_learnt_before_grids_were_are_understood(name):
    values = 25 * np.rint(np.random.default_rng(0).normal(170, 20, 300))
    column = coded(Column("x", "continuous", {"name": name}), values)
    old = {key: value for key, value in column.coding.items() if key not in ("step", "unmet")}
    table = Table([Column("x", "continuous", {"name": name}, coding=old)])
    x = np.arange(-9000.0, 22000)[:, None]
    p = np.exp(log_p(x, np.zeros((len(x), table.param_shape((1,))[0])), of=table))
    assert p.sum() == pytest.approx(1.0, abs=1e-3)
    assert p[~np.isin(x, values)].sum() == pytest.approx(1 / 302, abs=1e-3)


def test_a_repeated_value_does_not_get_an_endless_density():
    column = coded(Column("x", "continuous", {"name": "gaussian"}), np.arange(100.0))
    x, params = np.full((1, 1), 50.0), np.array([[(50 - 49.5) / column.coding["std"], -1e3]])
    assert log_p(x, params, of=Table([column])) == pytest.approx(
        stats.norm.logpdf(0, 0, column.coding["std"] * 0.01), rel=1e-6
    )


def test_draws_of_parameters_with_samples_go_together():
    params = some_params(12).reshape(3, 4, -1)
    found = log_p(ROWS[:4], params)
    assert found.shape == (3, 4, len(COLUMNS))
    np.testing.assert_allclose(found[1], log_p(ROWS[:4], params[1]))


def test_the_likelihood_of_one_column_alone_is_the_same():
    params = some_params(6)
    x = np.tile(TABLE.fill, (6, 1))
    together, density = TABLE.cdf(x, params), log_p(x, params)
    for place, column in enumerate(TABLE.columns):
        if column.is_number:
            alone, own_params = TABLE.alone(place)
            one, some = x[:, [place]], params[:, own_params]
            np.testing.assert_array_equal(alone.cdf(one, some)[:, 0], together[:, place])
            np.testing.assert_allclose(log_p(one, some, of=alone)[:, 0], density[:, place])


def test_only_the_columns_that_are_needed_are_computed(monkeypatch):
    params, x = some_params(5), np.tile(TABLE.fill, (5, 1))
    numbers = [j for j, column in enumerate(TABLE.columns) if column.is_number]
    mean, cdf = np.asarray(TABLE.mean(params)), TABLE.cdf(x, params)
    large = next(group.likelihood for group in TABLE.groups if isinstance(group.likelihood, LargeCategorical))
    for name in ("mean", "cdf"):
        monkeypatch.setattr(large, name, lambda *parameters: pytest.fail("not needed"))
    for found, every in ((TABLE.mean_of_numbers(params), mean), (TABLE.cdf(x, params, numbers), cdf)):
        found = np.asarray(found)
        np.testing.assert_array_equal(found[:, numbers], every[:, numbers])
        assert np.isnan(np.delete(found, numbers, axis=1)).all()


def test_columns_of_one_likelihood_are_not_exchanged():
    columns = [coded(Column(f"x{k}", "continuous", {"name": "gaussian"}), np.arange(100.0) * k) for k in (1, 2, 3)]
    table, params = Table(columns), np.random.default_rng(3).normal(size=(4, 6))
    x = np.array([[50.0, 90.0, 140.0]] * 4)
    centre, std = (np.array([column.coding[key] for column in columns]) for key in ("mean", "std"))
    place, scale = params.reshape(4, 3, 2)[..., 0], np.exp(params.reshape(4, 3, 2)[..., 1])
    expected = stats.norm(centre + std * place, std * scale).cdf(x)
    np.testing.assert_allclose(table.cdf(x, params), expected, rtol=1e-5)


def test_it_is_made_again_from_plain_values():
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(TABLE)))
    again = keras.saving.deserialize_keras_object(config)
    assert again.columns == TABLE.columns
    again.set_weights(TABLE.get_weights())
    params = some_params(5)
    np.testing.assert_array_equal(log_p(ROWS[:5], params, of=again), log_p(ROWS[:5], params))


def test_what_does_not_suit_is_refused():
    with pytest.raises(ValueError, match=r"type data=table.*Received: no columns"):
        get_likelihood("table")
    with pytest.raises(
        ValueError, match=rf"rows of {len(COLUMNS)} columns. Received: observations of shape \(4,\)"
    ):
        TABLE.param_shape((4,))
    with pytest.raises(ValueError, match=r"must be one of bernoulli, .*Received: 'gausian'"):
        Table([Column("x", "continuous", {"name": "gausian"})])
    with pytest.raises(ValueError, match=r"bernoulli is for two categories, and the column 'x' has 3"):
        Table([Column("x", "binary", {"name": "bernoulli"}, n_categories=3)])
    with pytest.raises(ValueError, match=r"categorical is for categories, and the column 'x' has none"):
        Table([Column("x", "continuous", {"name": "categorical"})])
    with pytest.raises(ValueError, match="Gaussian is for numbers"):
        TABLE.probabilities(some_params(1), PLACES["gaussian"])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (
            Column("k", "categorical", {"name": "gaussian"}, n_categories=3),
            "gaussian is for numbers, and the column 'k'",
        ),
        (Column("k", "continuous", {"name": "student_t", "dg": 3}), "of column 'k' has no key dg. It has: df"),
        (
            Column("k", "continuous", {"name": "student_t", "df": 0.5}),
            "df of column 'k' must be a finite number > 1",
        ),
        (Column("k", "continuous", {"name": "gaussian", "df": 3}), "has no key df. It has: none"),
    ],
)
def test_a_likelihood_that_does_not_suit_its_column_is_refused(column, text):
    with pytest.raises(ValueError, match=text):
        Table([column])


@pytest.mark.parametrize("name", ["quantile_mixture", "whole_mixture", "ordinal", "gaussian", "log_normal"])
def test_a_scale_that_is_at_its_bound_has_no_gradient(name):
    table, known, j = part_with(name)
    group = next(group for group in table.groups if j in group.places)
    place = group.params.start + group.places.index(j) * group.likelihood.n_params
    scales = slice(place + 8, place + 12) if "mixture" in name else slice(place + 1, place + 2)
    params = np.zeros_like(params_of(table, seed=0))
    params[:, place + 4 if "mixture" in name else place] = 1e6
    params[:, scales] = -50.0
    given = tf.constant(params)
    with tf.GradientTape() as tape:  # or a code could follow it without end
        tape.watch(given)
        found = table.log_prob_per_column(tf.constant(known[:1]), given)[:, j]
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(np.asarray(tape.gradient(found, given))[:, scales], 0.0)


def test_a_gamma_column_whose_mean_is_far_out_is_led_back_and_its_shape_stays_at_its_bound():
    j, group = PLACES["gamma"], group_of("gamma")
    place = group.params.start + group.places.index(j) * 2
    for far in (-300.0, 300.0):
        params = np.zeros((1, N_PARAMS), np.float32)
        params[:, place], params[:, place + 1] = far, 50.0
        given = tf.constant(params)
        with tf.GradientTape() as tape:
            tape.watch(given)
            found = TABLE.log_prob_per_column(tf.constant(ROWS[:1]), given)[:, j]
        of_mean, of_shape = np.asarray(tape.gradient(found, given))[0, place : place + 2]
        assert np.isfinite(found).all() and of_shape == 0.0
        assert np.isfinite(of_mean) and np.sign(of_mean) == -np.sign(far)
