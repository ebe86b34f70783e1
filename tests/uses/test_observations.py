"""Rows of a table for a learnt model: those that it cannot take are refused in a sentence."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data import InputSpec
from kvae.data.scaling import Scaling
from kvae.data.table import infer_columns
from kvae.uses.observations import columns_of, rows_of_table


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_a_table_without_rows_is_refused(make):
    frame = mixed_table(60)
    spec = infer_columns(frame)
    assert rows_of_table(frame.head(1), spec).shape == (1, len(spec.columns))
    with pytest.raises(ValueError, match=r"^`x` must have at least one row. Received: none$"):
        rows_of_table(make({name: [] for name in frame.columns}), spec)
    with pytest.raises(ValueError, match=r"categories by their numbers. Received: shape \(0, "):
        rows_of_table(np.empty((0, len(spec.columns))), spec)


@pytest.mark.parametrize("names", [range(4), list("abcd"), [3, 2, 1, 0]])
def test_a_label_in_column_0_of_an_array_is_no_name_of_a_learnt_column(names):
    x = np.arange(8.0).reshape(2, 4)
    spec = InputSpec((4,), Scaling(), "none")
    np.testing.assert_array_equal(columns_of(pd.DataFrame(x, columns=names), spec, 0), x)
    with_label = pd.DataFrame(np.c_[[7, 7], x])  # its column 0 is the label
    np.testing.assert_array_equal(columns_of(with_label, spec, 0), x)
    with pytest.raises(ValueError, match=r"must have 4 columns, .*Received: 3$"):
        columns_of(pd.DataFrame(x[:, :3]), spec, 3)
