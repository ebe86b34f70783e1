"""Rows of a model as the table that it learnt, with the columns that were left out because they are constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kvae.data.table.rows import decode
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl


def complete(x: np.ndarray, spec: TableSpec) -> pl.DataFrame:
    """Rows `(n, n_columns)` as a table (`decode`), with constant columns, in the table's own order.

    Columns that were left out for another reason, such as ids and free text, are not in it.
    """
    import polars as pl

    frame = decode(x, spec)
    constants = [pl.Series(one.name, [one.value] * len(frame)) for one in spec.left_out if one.value is not None]
    frame = frame.with_columns(constants)
    known = set(frame.columns)
    return frame.select([name for name in spec.order if name in known] or frame.columns)
