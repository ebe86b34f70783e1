"""Values in stages go on the stack and come off it, at the price of their probabilities."""

import numpy as np
import pytest
from likelihoods.test_exact_lattice import given
from likelihoods.test_staged_mixture import KINDS

pytest.importorskip("constriction", reason="the extra [compress] is not installed")

from kvae.exact.array import Exact
from kvae.uses.compression.in_stages import InStages, Mixtures
from kvae.uses.compression.stack import WORD_BITS, Stack
from kvae.uses.compression.values import value_coder


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind[0]}levels")
def test_levels_come_back_at_the_price_of_their_probabilities(kind):
    likelihood, params, levels = given(kind)
    params, levels = np.tile(params, (20, 1, 1, 1)), np.tile(levels, (20, 1, 1, 1))
    coder = value_coder(likelihood, kind[2], kind[0])
    assert isinstance(coder, InStages)
    stack = Stack(4)
    bits = coder.encode(stack, levels, Exact(params))
    expected = -np.asarray(likelihood.log_prob(levels / (kind[0] - 1), params)) / np.log(2)
    np.testing.assert_allclose(bits, expected, rtol=2e-3)
    assert abs((len(stack.words()) - 5) * WORD_BITS - bits.sum()) < 2 * WORD_BITS
    np.testing.assert_array_equal(coder.decode(stack, Exact(params)), levels)
    assert stack.is_start(4)


def test_rows_in_several_parts_come_back_as_well(monkeypatch):
    likelihood, params, levels = given(KINDS[0])
    stack, coder = Stack(4), value_coder(likelihood, KINDS[0][2], KINDS[0][0])
    monkeypatch.setattr("kvae.uses.compression.in_stages.AT_ONCE", 4 * 6 * 9)
    assert len(coder.parts(6, coder.stages[0])) > 1
    coder.encode(stack, levels, Exact(params))
    np.testing.assert_array_equal(coder.decode(stack, Exact(params)), levels)
    assert stack.is_start(4)


@pytest.mark.parametrize("masses", [None, np.array([[2.0**24, 0.0, 0.0], [1.0, 0.0, 2.0**24]])])
def test_what_has_no_mass_can_be_coded_all_the_same(masses):
    components = np.zeros((4, 3 if masses is None else 2))
    components[:, 0] = 2.0**20
    symbols = np.array([0, 1, 2, 0], np.int32)
    stack = Stack(2)
    bits = Mixtures(components, masses, 3).push(stack, symbols)
    assert np.isfinite(bits).all() and bits[0] < 1e-5 and bits[1] > 20
    np.testing.assert_array_equal(Mixtures(components, masses, 3).pop(stack), symbols)
    assert stack.is_start(2)
