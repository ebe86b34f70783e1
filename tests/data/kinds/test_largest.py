"""Draws far beyond what a type of whole numbers holds come out as its ends, not as gaps."""

import numpy as np
import polars as pl
import pytest

from kvae.data.kinds.numbers import typed


@pytest.mark.parametrize("dtype", ["Int8", "Int32", "Int64", "UInt64"])
def test_numbers_beyond_a_type_are_its_ends(dtype):
    least, most = (pl.select(bound).item() for bound in (getattr(pl, dtype).min(), getattr(pl, dtype).max()))
    found = typed("a", np.array([1e30, -1e30, 5.0, np.nan]), {"decimals": 0, "dtype": dtype}).to_list()
    assert found[1:] == [least, 5, None]
    assert found[0] <= most and found[0] >= 0.999 * most
