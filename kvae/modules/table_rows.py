"""Rows of a table of mixed kinds, for what modules write and draw of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kvae.data.stored import Rows
from kvae.data.table import decode
from kvae.table import Column, TableSpec

# Gives numbers of a column as text.
AsText = Callable[[np.ndarray], Sequence[str]]


@dataclass(frozen=True)
class TableRows:
    """Rows of a table of mixed kinds.

    Attributes:
        x: As a model takes them, `(n, n_columns)`.
        columns: What they mean.
        as_text: Gives numbers of a column as text, such as dates; None of columns whose numbers are numbers.
    """

    x: Rows
    columns: Sequence[Column]
    as_text: Sequence[AsText | None]

    @classmethod
    def of(cls, x: Rows, table: TableSpec) -> TableRows:
        """The rows of a table."""
        return cls(x, table.columns, texts_of(table))


def texts_of(table: TableSpec) -> list[AsText | None]:
    """What gives the numbers of every column as text, where the table does not write numbers."""
    frame = decode(np.zeros((1, len(table.columns)), np.float32), table)
    words = {name for name in frame.columns if not frame[name].dtype.is_numeric()}
    return [
        as_text(table, place) if column.is_number and column.name in words else None
        for place, column in enumerate(table.columns)
    ]


def as_text(table: TableSpec, place: int) -> AsText:
    """What gives the numbers of one column as the table writes them."""

    def text(values: np.ndarray) -> list[str]:
        x = np.full((len(values), len(table.columns)), np.nan, np.float32)
        x[:, place] = values
        return [str(value) for value in decode(x, table)[table.columns[place].name].to_list()]

    return text
