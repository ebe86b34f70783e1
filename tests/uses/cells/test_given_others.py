from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops
from mixed_table import mixed_columns, mixed_rows
from scipy import stats
from scipy.special import logsumexp

from kvae.data.table.codings import with_codings
from kvae.layers import Table
from kvae.model import VAE
from kvae.networks.mlp import mlp_decoder, mlp_encoder
from kvae.networks.table_input import TableInput
from kvae.table.coding import learn_coding
from kvae.uses.cells import cell_scores, given_others
from kvae.uses.cells.given_others import ends_near, is_coded
from tests.likelihoods.columns_of_tables import COLUMNS

LATENT_DIM = 2
ALONE = np.eye(7, dtype=bool)


@pytest.fixture(scope="module")
def learnt():
    """A model with large random weights: what it decodes depends much on the code. Gaps of incomes are learnt."""
    x = mixed_rows(300)
    keras.utils.set_random_seed(0)
    columns = with_codings(mixed_columns(), x).for_model()
    columns = tuple(replace(one, missing="learn") if one.name == "income" else one for one in columns)
    likelihood, first = Table(columns, name="table"), TableInput(columns, name="table_input")
    rows = keras.Input((len(columns),))
    encoder = keras.Model(rows, mlp_encoder((first.n_features,), LATENT_DIM, 16)(first(rows)))
    decoder = mlp_decoder(likelihood.param_shape((len(columns),)), LATENT_DIM, 16, weight_stddev=0.5)
    vae = VAE(encoder, decoder, likelihood=likelihood, name="vae")
    vae.compile("adam", jit_compile=False)
    return vae, x


@pytest.fixture
def many(monkeypatch):
    """So many draws that little is left to chance."""
    monkeypatch.setattr(given_others, "PER_PART", 256)


def by_monte_carlo(vae, x, mu=0.0, n=40_000, same=ALONE):
    """-log p(x_j | others) by as many draws from the prior, of one row."""
    z = (mu + np.random.default_rng(7).standard_normal((n, LATENT_DIM))).astype(np.float32)
    params = ops.convert_to_tensor(vae._in_batches(vae._decoded_params, (z,), 8192)[0])
    log_p = ops.convert_to_numpy(vae.likelihood.log_prob_per_column(np.repeat(x[None], n, 0), params))
    log_p = log_p.astype(np.float64)
    mass = log_p.copy()
    for j, column in enumerate(vae.likelihood.columns):
        if column.is_number and not np.isnan(x[j]):
            low, high = (np.repeat(end, n) for end in given_others.ends_near(x[j : j + 1], column))
            ends = [np.where(np.arange(7) == j, end[:, None], x) for end in (low, high)]
            below, above = (vae.likelihood.cdf(end.astype(np.float32), params)[:, j] for end in ends)
            there = 1 - np.asarray(vae.likelihood.p_missing(params))[:, j]
            mass[:, j] = np.log(np.maximum(above - below, 1e-13) * there)
    others = [log_p[:, ~same[j]].sum(axis=1) for j in range(x.shape[0])]
    return np.array([logsumexp(one) - logsumexp(one + mass[:, j]) for j, one in enumerate(others)])


def test_a_value_where_none_was_thinkable_has_a_finite_score(learnt, monkeypatch):
    vae, x = learnt
    sure = lambda self, params: np.ones((*np.shape(params)[:-1], 7), np.float32)  # noqa: E731
    monkeypatch.setattr(Table, "p_missing", sure)
    nats = cell_scores(vae, x[:3], seed=0).nats
    assert np.isfinite(nats[~np.isnan(x[:3])]).all()


def test_scores_are_those_of_draws_from_the_prior(learnt, many):
    vae, x = learnt
    chosen = np.concatenate([x[:2], x[np.isnan(x[:, 1])][:1], x[np.isnan(x[:, 2])][:1]])
    found = cell_scores(vae, chosen, seed=1)
    for i, row in enumerate(chosen):
        expected = by_monte_carlo(vae, row)
        scored = ~np.isnan(row) | (np.arange(7) == 2)
        assert (np.isnan(found.nats[i]) == ~scored).all()
        np.testing.assert_allclose(found.nats[i, scored], expected[scored], atol=0.08)
    assert found.effective.min() > 5


def test_the_prior_of_a_row_plays_its_part(learnt, many):
    vae, x = learnt
    mu = np.full((2, LATENT_DIM), [[1.5, -1.0]], np.float32)
    moved = cell_scores(vae, x[:2], prior_mu=mu, seed=1).nats
    for row, nats in zip(x[:2], moved, strict=True):
        there = ~np.isnan(row)
        np.testing.assert_allclose(nats[there], by_monte_carlo(vae, row, mu[0])[there], atol=0.08)
    assert np.nanmax(np.abs(moved - cell_scores(vae, x[:2], seed=1).nats)) > 0.4
    wide = cell_scores(vae, x[:2], mu, prior_cov=np.tile(4 * np.eye(LATENT_DIM, dtype=np.float32), (2, 1, 1)))
    assert np.nanmax(np.abs(wide.nats - moved)) > 0.1


def test_what_was_expected_does_not_depend_on_the_cell_itself(learnt):
    vae, x = learnt
    row = x[~np.isnan(x).any(axis=1)][:1]
    for place, other in ((0, 90.0), (5, 4.0)):
        changed = row.copy()
        changed[0, place] = other
        before, after = (cell_scores(vae, rows, expected=True, seed=2) for rows in (row, changed))
        sd = np.std(x[:, place]) if place == 0 else 1.0
        assert before.expected[0, place] == pytest.approx(after.expected[0, place], abs=0.2 * float(sd))
        assert before.nats[0, place] != pytest.approx(after.nats[0, place], abs=0.01)
    assert before.expected[0, 4:].tolist() == np.round(before.expected[0, 4:]).tolist()
    assert cell_scores(vae, row).expected is None


def test_a_date_and_its_parts_tell_nothing_of_each_other(learnt, many):
    vae, x = learnt
    wholes = np.array([0, 1, 2, 3, 4, 5, 1])  # as if the column 6 were a part of the column 1
    row = x[~np.isnan(x).any(axis=1)][0]
    found, plain = (cell_scores(vae, row[None], seed=1, wholes=one).nats[0] for one in (wholes, None))
    np.testing.assert_allclose(found, by_monte_carlo(vae, row, same=wholes[:, None] == wholes), atol=0.06)
    assert np.abs(found - plain)[[1, 6]].max() > 0.3


def test_of_many_categories_the_draws_with_the_most_weight_are_averaged(learnt, monkeypatch):
    vae, x = learnt
    by_all = cell_scores(vae, x[:30], expected=True).expected
    monkeypatch.setattr(given_others, "FEW_CATEGORIES", 1)
    by_some = cell_scores(vae, x[:30], expected=True).expected
    assert np.mean(by_some[:, 4:] == by_all[:, 4:]) > 0.8
    np.testing.assert_array_equal(by_some[:, :4], by_all[:, :4])
    monkeypatch.setattr(given_others, "HEAVIEST", 10_000)
    np.testing.assert_array_equal(cell_scores(vae, x[:30], expected=True).expected, by_all)


def test_the_heaviest_draws_of_every_row_decide():
    likelihood = Table([COLUMNS["large_categorical"]])
    tastes = np.random.default_rng(0).normal(scale=9.0, size=(40, 3, likelihood.param_shape((1,))[0])).astype("f4")
    own = np.asarray(likelihood.mean(tastes))[..., 0]
    weights = np.full((40, 3), 0.001)
    weights[[3, 30, 17], [0, 1, 2]] = 0.961
    found = given_others.most_probable(likelihood, 0, tastes, weights)
    np.testing.assert_array_equal(found, own[[3, 30, 17], [0, 1, 2]])


def test_pieces_and_fewer_parts_give_nearly_the_same(learnt, monkeypatch):
    vae, x = learnt
    whole, counts = cell_scores(vae, x[:20]).nats, []
    monkeypatch.setattr(given_others, "NUMBERS_AT_ONCE", 20_000)
    pieces = cell_scores(vae, x[:20], done=counts.append).nats
    assert counts[-1] == 20 and len(counts) > 2
    assert np.nanmax(np.abs(whole - pieces)) < 0.6
    monkeypatch.setattr(given_others, "MOST_PARTS", 3)
    assert np.nanmedian(np.abs(whole - cell_scores(vae, x[:20]).nats)) < 0.1


def test_a_value_that_cannot_be_is_the_first_and_others_stay_finite(learnt):
    vae, x = learnt
    row = x[~np.isnan(x).any(axis=1)][:1].copy()
    row[0, 0] = 1e30
    nats = cell_scores(vae, row).nats[0]
    assert np.isfinite(nats).all() and nats.argmax() == 0 and nats[0] > 25


def test_numbers_are_near_that_are_so_among_the_others():
    """Of N(5, 2) what is within a quarter of a standard deviation; of whole numbers at least these."""
    values = stats.norm(5, 2).ppf((np.arange(4000) + 0.5) / 4000)
    column = replace(mixed_columns().columns[1], coding=learn_coding(values))
    x = np.array([5.0, 9.0, np.nan], np.float32)
    low, high = ends_near(x, column)
    np.testing.assert_allclose([low[:2], high[:2]], [[4.5, 8.5], [5.5, 9.5]], atol=0.03)
    assert np.isnan(low[2]) and np.isnan(high[2])
    whole = replace(column, coding=learn_coding(np.rint(values)))
    low, high = ends_near(x, whole)
    assert (low[:2] <= x[:2] - 0.5).all() and (high[:2] >= x[:2] + 0.5).all()
    low, high = ends_near(np.array([3e38], np.float32), column)
    assert np.isfinite([low, high]).all() and low < high
    assert not is_coded(mixed_columns().columns[1]) and not is_coded(mixed_columns().columns[5])


def test_other_rows_and_other_models_are_refused(learnt):
    vae, x = learnt
    with pytest.raises(ValueError, match=r"`x` must have shape \(n, 7\). Received: \(5, 3\)"):
        cell_scores(vae, x[:5, :3])
    plain = VAE(mlp_encoder((7,), 2, 4), mlp_decoder((7,), 2, 4), likelihood="bernoulli")
    with pytest.raises(ValueError, match=r"scored with model.likelihood=table only. Received: 'bernoulli'"):
        cell_scores(plain, x[:5])
    assert cell_scores(vae, x[:0]).nats.shape == (0, 7)
