import numpy as np
import pytest
from scipy import stats

from kvae.metrics import Spread, active_units, information
from kvae.metrics.codes import log_mixture


def test_active_units_are_those_whose_mean_varies():
    z = np.random.default_rng(0).normal(size=(1000, 4)) * [1.0, 0.2, 0.05, 0.0] + 5.0
    assert active_units(z) == 2


def test_the_spread_of_pieces_is_that_of_the_whole():
    z = np.random.default_rng(0).normal([100.0, 0.0, -3.0], [0.05, 0.11, 2.0], size=(1000, 3)).astype(np.float32)
    spread = Spread()
    for part in np.split(z, [1, 300, 301]):
        spread.add(part)
    np.testing.assert_allclose(spread.square / spread.n, np.var(z.astype(np.float64), axis=0), rtol=1e-4)
    assert spread.active_units == 2


def test_spreads_of_shards_are_merged_to_that_of_the_whole():
    z = np.random.default_rng(1).normal([100.0, 0.0], [0.05, 2.0], size=(50, 2))
    spread = Spread()
    for part in np.split(z, [1, 30]):
        spread.merge(len(part), part.mean(axis=0), part.var(axis=0) * len(part))
    np.testing.assert_allclose(spread.square / spread.n, z.var(axis=0), rtol=1e-9)
    np.testing.assert_allclose(spread.mean, z.mean(axis=0))


def test_the_density_of_an_even_mixture():
    rng = np.random.default_rng(0)
    z, mean, log_var = rng.normal(size=(7, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    each = [stats.norm(m, np.exp(v / 2)).pdf(z).prod(axis=1) for m, v in zip(mean, log_var, strict=True)]
    np.testing.assert_allclose(log_mixture(z, mean, log_var), np.log(np.mean(each, axis=0)))


def test_information_and_aggregate_kl_add_up_to_the_mean_kl():
    rng = np.random.default_rng(5)
    mean, log_var = rng.normal(size=(2000, 2)), np.full((2000, 2), -2.0)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_var) - 1 - log_var, axis=1).mean()
    found = information(mean, log_var, seed=0)
    assert found["mutual_information"] + found["aggregate_kl"] == pytest.approx(kl, abs=0.08)
    # q(z) is close to N(0, 1 + exp(-2)) in each dimension.
    variance = 1 + np.exp(-2.0)
    assert found["aggregate_kl"] == pytest.approx(2 * 0.5 * (variance - 1 - np.log(variance)), abs=0.05)
    assert found == information(mean, log_var, seed=0)


def test_codes_that_are_all_apart_name_their_observation_and_no_code_names_none():
    apart = information(100.0 * np.arange(50)[:, None], np.zeros((50, 1)), seed=0)
    assert apart["mutual_information"] == pytest.approx(np.log(50))
    none = information(np.zeros((50, 3)), np.zeros((50, 3)), seed=0)
    assert none["mutual_information"] == pytest.approx(0.0, abs=1e-12)
    assert none["aggregate_kl"] == pytest.approx(0.0, abs=1e-12)


def test_posteriors_that_equal_their_messages_are_at_no_distance_from_them():
    rng = np.random.default_rng(0)
    mean, log_var = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    found = information(mean, log_var, 0, prior_mu=mean, prior_var=np.exp(log_var))
    assert found["aggregate_kl"] == pytest.approx(0.0, abs=1e-12) and found["mutual_information"] > 1
