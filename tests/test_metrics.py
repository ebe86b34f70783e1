import numpy as np
import pytest

from kvae.metrics import active_units, bits_per_dim


def test_active_units_are_those_whose_mean_varies():
    z = np.random.default_rng(0).normal(size=(1000, 4)) * [1.0, 0.2, 0.05, 0.0] + 5.0
    assert active_units(z) == 2


def test_bits_per_dim_of_a_fair_coin_is_one():
    assert bits_per_dim(10 * np.log(2), 0.0, (10,)) == pytest.approx(1.0)
    assert bits_per_dim(4 * np.log(2), 4 * np.log(2), (2, 2, 1)) == pytest.approx(2.0)
