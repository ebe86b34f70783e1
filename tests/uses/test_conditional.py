"""Rows under conditions, of a model whose conditional distributions are known in closed form."""

import keras
import numpy as np
import pytest
from scipy import stats

from kvae.errors import InputError
from kvae.layers import bounded
from kvae.likelihoods.columns.location_scale import HIGHEST_SCALE, LOWEST_SCALE
from kvae.likelihoods.table import Table
from kvae.model import VAE
from kvae.modules.mixture import Mixture
from kvae.table import Column, TableSpec
from kvae.uses.code_prior import standard
from kvae.uses.codes.known import log_known
from kvae.uses.codes_given import in_batches
from kvae.uses.conditional import codes_where
from kvae.uses.conditions import conditions
from kvae.uses.conditions.weighing import Conditions

D = 3
LOADINGS = np.array([[1.0, 0.5, 0.0], [-0.8, 0.0, 1.2], [0.0, 1.0, 0.7]])  # of a column per row
MEANS, LOG_SCALE = np.array([2.0, -1.0, 40.0]), -0.7
SCALE = float(np.exp(bounded(np.float32(LOG_SCALE), np.log(LOWEST_SCALE), np.log(HIGHEST_SCALE))))
COV = LOADINGS @ LOADINGS.T + SCALE**2 * np.eye(3)
N = 4000


@pytest.fixture(scope="module")
def table():
    numbers = [Column(name, "continuous", {"name": "gaussian"}, form={}) for name in "abc"]
    letters = Column("letter", "categorical", {"name": "categorical"}, ("x", "y", "z"), 3)
    gap = Column("gap", "continuous", {"name": "gaussian"}, missing="learn", coding={"missing": 0.5})
    return TableSpec((*numbers, letters, gap))


@pytest.fixture(scope="module")
def vae(table):
    """A linear decoder: three Gaussian columns, a category by the first dimension, a gap by the second."""
    likelihood = Table(table.for_model())
    (n_params,) = likelihood.param_shape((5,))
    kernel, bias = np.zeros((D, n_params)), np.zeros(n_params)
    for group in likelihood.groups:
        n = group.likelihood.n_params
        for k, place in enumerate(group.places):
            start = group.params.start + k * n
            if place < 3:
                kernel[:, start], bias[start] = LOADINGS[place], MEANS[place]
                bias[start + 1] = LOG_SCALE
            elif place == 3:
                kernel[0, start + 2], bias[start + 2] = 2.0, -6.0  # z is rare
    kernel[1, -1] = 1.5
    z = keras.Input((D,))
    decoder = keras.Model(z, keras.layers.Dense(n_params)(z))
    decoder.layers[-1].set_weights([kernel, bias])
    x = keras.Input((5,))
    seen = keras.layers.Lambda(lambda v: keras.ops.nan_to_num(v) * 0.0)(x)
    encoder = keras.Model(x, [keras.layers.Dense(D)(seen), keras.layers.Dense(D)(seen)])
    return VAE(encoder, decoder, likelihood=likelihood)


def drawn(vae, table, where, n=N, prior=None, seed=0):
    """Rows and codes under conditions."""
    rng = np.random.default_rng(seed)
    asked = Conditions(vae, conditions(where, table))
    z = codes_where(asked, n, prior or standard(D), rng)
    return asked.imposed(vae.sample_likelihood(z, seed), z, rng), z


def given(place, value):
    """Mean and covariance of the three numbers where one is known."""
    gain = COV[:, place] / COV[place, place]
    return MEANS + gain * (value - MEANS[place]), COV - np.outer(gain, COV[place])


@pytest.mark.parametrize("value", [8.0, pytest.param(2.5, marks=pytest.mark.slow)])  # 8 is five deviations out
def test_a_known_number(vae, table, value):
    x, _ = drawn(vae, table, {"a": value})
    mean, cov = given(0, value)
    assert np.all(x[:, 0] == np.float32(value))
    np.testing.assert_allclose(x[:, 1:3].mean(axis=0), mean[1:], atol=0.12)
    np.testing.assert_allclose(np.cov(x[:, 1:3].T), cov[1:, 1:], atol=0.2)


@pytest.mark.parametrize("sds", [4.0, pytest.param(1.0, marks=pytest.mark.slow)])
def test_a_range(vae, table, sds):
    sd = np.sqrt(COV[2, 2])
    x, _ = drawn(vae, table, {"c": f">{MEANS[2] + sds * sd}"})
    exact = stats.truncnorm(sds, np.inf, MEANS[2], sd)
    assert x[:, 2].min() > MEANS[2] + sds * sd
    assert x[:, 2].mean() == pytest.approx(exact.mean(), abs=0.05 * sd)
    assert x[:, 2].std() == pytest.approx(exact.std(), abs=0.05 * sd)
    along = COV[:, 2] / COV[2, 2]
    np.testing.assert_allclose(x[:, :3].mean(axis=0), MEANS + along * (exact.mean() - MEANS[2]), atol=0.12)


@pytest.mark.slow
def test_a_rare_category_and_a_range_together(vae, table):
    where = {"letter": "z", "b": "<0"}
    x, _ = drawn(vae, table, where)
    rng = np.random.default_rng(1)
    every = vae.sample_likelihood(standard(D).sample(400_000, rng).astype(np.float32), 1)
    kept = every[(every[:, 3] == 2) & (every[:, 1] < 0)]
    assert 100 < len(kept) < 0.01 * len(every)
    assert np.all(x[:, 3] == 2) and np.all(x[:, 1] < 0)
    se = kept[:, :3].std(axis=0) * np.sqrt(1 / len(kept) + 4 / N)
    assert np.all(np.abs(x[:, :3].mean(axis=0) - kept[:, :3].mean(axis=0)) < 4 * se)
    assert np.isnan(x[:, 4]).mean() == pytest.approx(np.isnan(kept[:, 4]).mean(), abs=0.08)


def test_gaps_and_several_categories(vae, table):
    x, z = drawn(vae, table, {"gap": None, "letter": ["x", "y"]})
    assert np.all(np.isnan(x[:, 4])) and set(x[:, 3]) == {0.0, 1.0}
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    p = 1 / (1 + np.exp(-1.5 * nodes)) * weights
    assert z[:, 1].mean() == pytest.approx((p @ nodes) / p.sum(), abs=0.06)


@pytest.mark.slow
def test_another_prior_of_codes(vae, table):
    prior = Mixture(
        np.array([0.5, 0.5]), np.array([[4.0, 0, 0], [-4.0, 0, 0]]), np.tile(0.1 * np.eye(D), (2, 1, 1))
    )
    _, z = drawn(vae, table, {"letter": ["x", "y"]}, prior=prior)
    # exp(2 z - 6) to 2: at z = 4 seven of eight letters are z, at -4 hardly any is.
    centre = prior.sample(200_000, np.random.default_rng(0))[:, 0]
    w = 2 / (2 + np.exp(2 * centre - 6))
    assert np.mean(z[:, 0] > 0) == pytest.approx(w[centre > 0].sum() / w.sum(), abs=0.03)
    assert z[z[:, 0] < 0, 0].std() == pytest.approx(np.sqrt(0.1), abs=0.03)


def test_what_is_as_improbable_as_rounding_is_refused(vae, table):
    with pytest.raises(InputError, match=r"mode.where: under this model there are no rows with a > 30: their"):
        drawn(vae, table, {"a": ">30"}, n=10)


def test_what_cannot_be_is_refused(vae, table):
    with pytest.raises(InputError, match=r"mode.where: under this model there are no rows with a > 1e30"):
        drawn(vae, table, {"a": ">1e30"}, n=10)


def test_a_gap_tells_where_it_was_found_and_not_where_it_was_made(vae):
    x = np.array([[2.0, np.nan, 41.0, 0.0, np.nan]] * 3 + [[2.0, np.nan, 41.0, 0.0, 7.0]], np.float32)
    z = np.random.default_rng(0).normal(size=(5, 4, D)).astype(np.float32)
    p_missing = 1 / (1 + np.exp(-1.5 * z[..., 1]))
    tells = np.ones(x.shape, bool)
    tells[1, 4] = False
    one, mixed, none = (log_known(vae, x, gaps_tell)(z) for gaps_tell in (True, tells, False))
    np.testing.assert_allclose((one - none)[:, :3], np.log(p_missing[:, :3]), atol=1e-4)
    np.testing.assert_allclose((mixed - none)[:, [0, 2]], np.log(p_missing[:, [0, 2]]), atol=1e-4)
    np.testing.assert_allclose((mixed - none)[:, [1, 3]], 0, atol=1e-5)


def test_a_row_of_gaps_that_were_made_has_the_codes_of_the_prior(vae, monkeypatch):
    monkeypatch.setattr("kvae.uses.codes_given.NUMBERS_AT_ONCE", 2 * 4000 * D)  # two rows at once
    x = np.full((3, 5), np.nan, np.float32)
    tells = np.array([[True] * 5, [False] * 5, [True] * 4 + [False]])
    parts = [codes for _, codes in in_batches(vae, x, n_samples=4000, gaps_tell=tells)]
    assert len(parts) == 2
    effective = np.concatenate([codes.effective for codes in parts])
    assert effective[0] < 4000 == effective[1] == effective[2]
    mean = np.concatenate([np.einsum("sr,srd->rd", codes.weights, codes.z) for codes in parts])
    assert mean[0, 1] > 0.4 > 0.1 > abs(mean[1:]).max()
