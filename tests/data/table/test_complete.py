"""New rows as the table that was learnt: its columns, order, kinds and constants."""

import numpy as np
import polars as pl
import pytest
from mixed_table import mixed_table

from kvae.data.table import complete, encode, infer_columns
from kvae.table import TableSpec


def test_rows_come_back_in_the_tables_own_order_with_its_constants():
    table = mixed_table(60)
    spec = infer_columns(table)
    found = complete(encode(table, spec), TableSpec.from_json(spec.to_json()))
    assert found.columns == [name for name in table.columns if name not in ("row", "note")]
    assert found.equals(table.select(found.columns).with_columns(pl.col("since").cast(found["since"].dtype)))
    assert found["country"].to_list() == ["NL"] * 60


@pytest.mark.parametrize("value", [True, 3, 2.5, "NL", "$5", "1,200"])
def test_constants_are_as_the_table_has_them(value):
    table = pl.DataFrame({"always": [value] * 6, "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]})
    spec = infer_columns(table)
    found = complete(np.array([[2.0], [3.0]], np.float32), spec)
    assert found.columns == ["always", "x"]
    assert found["always"].to_list() == [value, value]


def test_gaps_are_learnt_where_there_are_any():
    spec = infer_columns(mixed_table(60), missing="learn")
    found = {column.name: column.missing for column in spec.columns}
    assert {name for name, missing in found.items() if missing == "learn"} == {"height", "income"}


def test_a_column_without_values_is_not_made():
    table = pl.DataFrame({"never": [None] * 6, "x": [1.5, 2.5, 3.0, 4.0, 9.5, 1.5]})
    assert complete(np.zeros((2, 1), np.float32), infer_columns(table)).columns == ["x"]
