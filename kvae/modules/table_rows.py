"""Rows of a table of mixed kinds, for the files and pictures of modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kvae.data.stored import Rows
from kvae.data.table import decode
from kvae.runs.csv_values import plain
from kvae.table import Column, TableSpec

# A function from the numbers of a column to text.
AsText = Callable[[np.ndarray], Sequence[str]]


@dataclass(frozen=True)
class TableRows:
    """Rows of a table of mixed kinds, with the meaning of their columns.

    Attributes:
        x: The rows in the model's units, `(n, n_columns)`.
        columns: The columns of `x`.
        as_text: For every column a function that writes its numbers as text, such as dates; None: not needed.
    """

    x: Rows
    columns: Sequence[Column]
    as_text: Sequence[AsText | None]

    @classmethod
    def of(cls, x: Rows, table: TableSpec) -> TableRows:
        """The rows of a table."""
        return cls(x, table.columns, texts_of(table))


def texts_of(table: TableSpec) -> list[AsText | None]:
    """For every column `as_text`, where the table writes its numbers as text; None elsewhere."""
    frame = decode(np.zeros((1, len(table.columns)), np.float32), table)
    words = {name for name in frame.columns if not frame[name].dtype.is_numeric()}
    return [
        as_text(table, place) if column.is_number and column.name in words else None
        for place, column in enumerate(table.columns)
    ]


def as_text(table: TableSpec, place: int) -> AsText:
    """A function from numbers of one column to the text that the table has for them."""

    def text(values: np.ndarray) -> list[str]:
        x = np.full((len(values), len(table.columns)), np.nan, np.float32)
        x[:, place] = values
        column = decode(x, table).select(table.columns[place].name)
        return [str(value) for value in plain(column).to_series().to_list()]

    return text
