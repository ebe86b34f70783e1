"""Tables of Arrow, the format in which Spark and Ray Data pass rows to a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def as_frame(table: pa.Table) -> pl.DataFrame:
    """A table as a polars DataFrame; numbers and text are not copied."""
    import polars as pl

    return pl.DataFrame(table)


def with_columns(table: pa.Table, columns: Mapping[str, np.ndarray]) -> pa.Table:
    """A table with more columns, after its own."""
    import pyarrow as pa

    for name, values in columns.items():
        table = table.append_column(name, pa.array(values))
    return table


def replaced(table: pa.Table, frame: pl.DataFrame) -> pa.Table:
    """A table in which the columns of a DataFrame replace those with the same names; their types are kept."""
    for name in frame.columns:
        place = table.column_names.index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, frame[name].to_arrow().cast(field.type))
    return table
