"""Conditions on columns whose likelihood ends somewhere, as rounding in float32 has it."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from kvae.likelihoods.table import Table
from kvae.table import Column, coded
from kvae.uses.conditions import Within
from kvae.uses.conditions.weighing import Conditions

AGES = np.random.default_rng(0).integers(1, 80, 400).astype(np.float32)
N = 4000


@pytest.mark.parametrize("name", ["quantile_mixture", "histogram", "gaussian"])
def test_what_weights_lack_of_one_is_no_probability_of_the_largest_numbers(name):
    column = coded(Column("age", "continuous", {"name": name}, form={"decimals": 0}), AGES)
    table = Table([column])
    params = np.random.default_rng(1).normal(size=(N, table.param_shape((1,))[0])).astype(np.float32)
    beyond = Within(0, "age > 1e9", ((1e9, math.inf),), ((1e9, math.inf),))
    asked = Conditions(SimpleNamespace(likelihood=table), [beyond])
    assert (asked._probability(beyond, params, np.zeros(N)) == 0.0).all()
    rare = Within(0, "age > 79", ((79.0, math.inf),), ((79.0, math.inf),))
    asked = Conditions(SimpleNamespace(likelihood=table), [rare])
    assert asked._drawn(rare, params, np.random.default_rng(2)).max() < 1e9
