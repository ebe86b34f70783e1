"""Convert rows of a model to a table like the learnt one, with its constant columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kvae.data.kinds.constant import repeated
from kvae.data.table.rows import decode
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl


def complete(x: np.ndarray, spec: TableSpec) -> pl.DataFrame:
    """Rows `(n, n_columns)` as a table (`decode`), with constant columns, in the order of the learnt table.

    Columns that were left out for another reason, such as ids and free text, are absent.
    """
    frame = decode(x, spec)
    constants = [repeated(one, len(frame)) for one in spec.left_out if one.value is not None]
    frame = frame.with_columns(constants)
    known = set(frame.columns)
    return frame.select([name for name in spec.order if name in known] or frame.columns)
