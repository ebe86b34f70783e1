"""The line of ranks: logits beside those of ranks that are counted."""

import numpy as np
import pytest

from kvae.table.coding import learn_coding
from kvae.table.ladder import ladder


@pytest.mark.parametrize("whole", [True, False])
def test_ends_of_pieces_are_at_the_ranks_that_are_counted(whole):
    rng = np.random.default_rng(0)
    values = np.where(rng.random(3000) < 0.3, 7.0, rng.gamma(2.0, 400.0, 3000))
    values = (np.rint(values) if whole else values).astype(np.float32).astype(np.float64)
    one = ladder(learn_coding(values))
    counted = [(np.sum(values < low) + 0.5) / 3001 for low in one.low[~one.is_atom]]
    if not whole:  # bins may be cut between values; what an atom adds belongs to it
        counted = [
            (np.sum(values < low) + np.sum(values == low) * (low == 7.0) + 0.5) / 3001
            for low in one.low[~one.is_atom]
        ]
    np.testing.assert_allclose(1 / (1 + np.exp(-one.begin[~one.is_atom])), counted, atol=8e-3 if whole else 6e-3)
    (atom,) = np.flatnonzero(one.is_atom & (one.low == 7.0))
    share = 1 / (1 + np.exp(-one.end[atom])) - 1 / (1 + np.exp(-one.begin[atom]))
    assert share == pytest.approx(np.sum(values == 7.0) / 3001)
    assert (one.low[1:] == one.high[:-1]).all() and (one.begin[1:] == one.end[:-1]).all()
    assert (np.diff(one.start) > 0).all() and one.high[-1] == values.max() + whole


def test_integers_without_a_value_are_a_piece_of_no_share():
    one = ladder(learn_coding(np.repeat([1.0, 2.0, 9.0], 50)))
    np.testing.assert_array_equal(one.low, [1, 2, 3, 9])
    np.testing.assert_array_equal(one.met, [True, True, False, True])
    np.testing.assert_allclose(1 / (1 + np.exp(-one.end)), (np.array([50, 100, 100, 150]) + 0.5) / 151)


def test_numbers_of_a_grid_that_may_yet_be_met_have_a_share():
    values = np.append(np.repeat(25.0 * np.delete(np.arange(12), [4, 5, 9]), 5), [300.0, 325.0])
    coding = learn_coding(values)  # three numbers were not met, two once
    one = ladder(coding)
    assert coding["unmet"] == 0.5 and one.met.all()
    np.testing.assert_array_equal(one.low, np.delete(25 * np.arange(14), 5))
    met = np.array([5, 5, 5, 5, 1, 5, 5, 5, 0.5, 5, 5, 1, 1])
    np.testing.assert_allclose(1 / (1 + np.exp(-one.end)), (np.cumsum(met) + 0.5) / (met.sum() + 1))


def test_one_value_is_an_atom():
    one = ladder(learn_coding(np.full(5, 2.5)))
    assert one.is_atom.all() and one.low == one.high == 2.5 and one.met.all()
