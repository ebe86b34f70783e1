"""What is measured of every column of a table; its losses against `evaluate`: tests/test_cli_table.py."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from kvae.modules.by_column import MOST_CATEGORIES, Calibration
from kvae.table import Column

N = 5000
NUMBER = Column("height", "continuous", {"name": "gaussian"})
COUNT = Column("visits", "count", {"name": "poisson"})
SEX = Column("sex", "binary", {"name": "bernoulli"}, ("f", "m"), 2)
STREET = Column("street", "categorical", {"name": "large_categorical"}, None, MOST_CATEGORIES + 1)


class Known:
    """A likelihood whose parameters are the means of every row's numbers, and the share of the second sex."""

    given = ()

    def cdf(self, x, params, places):
        assert list(places) == [0, 1]  # the numbers
        found = np.full(x.shape, np.nan)
        found[:, 0] = stats.norm.cdf(x[:, 0], params[:, 0])
        found[:, 1] = np.where(np.isnan(x[:, 1]), np.nan, stats.poisson.cdf(x[:, 1], params[:, 1]))
        return found

    def probabilities(self, params, place):
        assert place == 2
        return np.stack([1 - params[:, 2], params[:, 2]], axis=1)


def rows(shift=0.0, p_shift=0.0):
    """Rows that are drawn from what `Known` says of their parameters, or from something else."""
    rng = np.random.default_rng(0)
    params = np.stack([rng.normal(0, 3, N), rng.uniform(0.2, 5, N), rng.uniform(0.1, 0.8, N)], axis=1)
    x = np.zeros((N, 4), np.float32)
    x[:, 0] = rng.normal(params[:, 0] + shift, 1)
    x[:, 1] = rng.poisson(params[:, 1] + shift)
    x[:, 2] = rng.random(N) < params[:, 2] + p_shift
    x[:100, :3] = np.nan
    return x, params


def errors_of(x, params):
    calibration = Calibration(SimpleNamespace(likelihood=Known()), (NUMBER, COUNT, SEX, STREET))
    for start in range(0, N, 1000):
        calibration.add(x[start : start + 1000], params[start : start + 1000])
    calibration.add(x[:0], params[:0])
    assert calibration.ranks["height"].n == calibration.reliability["sex"].n == N - 100
    return calibration.errors


def test_probabilities_that_are_right_are_borne_out():
    errors = errors_of(*rows())
    assert list(errors) == ["height", "visits", "sex"]  # of too many streets each has nearly no probability
    assert errors["height"] < 1.63 / np.sqrt(N) and errors["visits"] < 1.63 / np.sqrt(N)
    assert errors["sex"] < 0.02


def test_those_that_are_wrong_are_off_by_as_much():
    errors = errors_of(*rows(0.5, 0.15))
    assert errors["height"] == pytest.approx(2 * stats.norm.cdf(0.25) - 1, abs=0.02)
    assert errors["visits"] > 0.05
    assert errors["sex"] == pytest.approx(0.15, abs=0.02)


def test_a_likelihood_of_whole_observations_has_no_columns(make_vae, x):
    with pytest.raises(ValueError, match="likelihood='bernoulli' has no loss per column: use likelihood='tab"):
        next(make_vae().losses_by_column(x))
