"""Rare categories share a slot."""

import numpy as np
import pytest

from kvae.table import Column
from kvae.table.rare import Slots, rare_of


def column(n, **coding):
    return Column("street", "categorical", {"name": "categorical"}, None, n, coding=coding)


def test_categories_of_one_row_or_none_are_rare():
    assert rare_of(np.array([3, 1, 2, 0, 1])) == [1, 3, 4]
    assert rare_of(np.array([3, 1, 2])) == [] == rare_of(np.array([3, 2]))  # one alone shares nothing


def test_others_have_a_slot_each_in_their_order():
    slots = Slots.of_column(column(6, rare=[1, 3, 4]))
    assert slots.of.tolist() == [0, 3, 1, 3, 3, 2]
    assert slots.first.tolist() == [0, 2, 5, 1] and slots.size.tolist() == [1, 1, 1, 3]
    assert slots.n == 4 and not slots.plain
    every = Slots.of_column(column(3, rare=[0, 1, 2]))
    assert every.of.tolist() == [0, 0, 0] and every.n == 1
    plain = Slots.of_column(column(3))
    assert plain.plain and plain.of.tolist() == plain.first.tolist() == [0, 1, 2]


@pytest.mark.parametrize("rare", [[0, 9], [-1, 2]])
def test_what_is_no_category_is_refused(rare):
    with pytest.raises(ValueError, match="'street' has rare categories that it does not have"):
        Slots.of_column(column(5, rare=rare))
