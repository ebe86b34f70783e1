"""Likelihoods of integers beyond 2^24, of which float32 has only some: they keep their probabilities."""

import keras
import numpy as np
import pytest

from kvae.likelihoods.table import Table
from kvae.table import Column, coded


@pytest.mark.parametrize("name", ["quantile_mixture", "histogram"])
def test_probabilities_of_large_integers_sum_to_one(name):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(1000) < 0.3, 1e9, rng.integers(0, 2_000_000_000, 1000)).astype(np.float32)
    table = Table([coded(Column("people", "count", {"name": name}), values)])
    grid = np.setdiff1d(np.arange(0, 2_000_000_000, 100_003).astype(np.float32), [1e9])
    largest = values.max()
    x = np.concatenate([[1e9, largest, largest - 256], grid]).astype(np.float32)[:, None]
    params = np.zeros((len(x), table.param_shape((1,))[0]), np.float32)
    found = keras.ops.convert_to_numpy(table.log_prob(x, params)).astype(np.float64)
    assert np.exp(found[0]) == pytest.approx(0.3, abs=0.08)
    assert found[1] == pytest.approx(found[2], abs=0.01)
    assert np.exp(found[0]) + np.exp(found[3:]).mean() * 2e9 == pytest.approx(1.0, abs=0.01)
