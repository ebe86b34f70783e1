"""Rows of a table for a learnt model: those that it cannot take are refused in a sentence."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data.table import infer_columns
from kvae.uses.observations import rows_of_table


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_a_table_without_rows_is_refused(make):
    frame = mixed_table(60)
    spec = infer_columns(frame)
    assert rows_of_table(frame.head(1), spec).shape == (1, len(spec.columns))
    with pytest.raises(ValueError, match=r"^`x` must have at least one row. Received: none$"):
        rows_of_table(make({name: [] for name in frame.columns}), spec)
    with pytest.raises(ValueError, match=r"categories by their numbers. Received: shape \(0, "):
        rows_of_table(np.empty((0, len(spec.columns))), spec)
