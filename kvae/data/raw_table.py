"""A table as it was read, before columns are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.text import TextFormat
from kvae.data.text.numbers import Notation

if TYPE_CHECKING:
    import polars as pl

    from kvae.data.original import Original


@dataclass(frozen=True)
class Frame:
    """A table as it was read.

    Attributes:
        source: How messages call it.
        data: Its columns, of text or numbers; for a table that stays in its file an empty frame of their types.
        names: Names of the columns, empty where a column has none; None where no column has a name.
        lines: The line of each row in a text file, from 1; None for other files.
        row_names: Positions of columns that are known to name the rows.
        fmt: How text writes numbers.
        notation: How the numbers of a text file are written, as given or detected.
        scanned: The lazy table, where it stays in its file.
        as_came: Opens the rows as the file has them, given the positions of the columns that are learnt.
        signs: Signs that were read as missing values: by column, each sign with its number of rows.
        spellings: The spellings of false and true in the columns of booleans of a text file, by column.
        words: Messages for the user about how the table was read, one sentence each.
    """

    source: str
    data: pl.DataFrame
    names: tuple[str, ...] | None
    lines: Sequence[int] | np.ndarray | None = None
    row_names: tuple[int, ...] = ()
    fmt: TextFormat = field(default_factory=TextFormat)
    notation: Notation = field(default_factory=Notation)
    scanned: pl.LazyFrame | None = None
    as_came: Callable[[Sequence[int]], Original] | None = None
    signs: dict[str, dict[str, int]] = field(default_factory=dict)
    spellings: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def column(self, place: int) -> pl.Series:
        """One column, read from its file where the table stays in it."""
        if self.scanned is None:
            return self.data.to_series(place)
        return self.scanned.select(self.data.columns[place]).collect().to_series()

    def place(self, row: int) -> str:
        """The position of a row, for messages."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    @property
    def full_names(self) -> tuple[str, ...] | None:
        """Names of the columns, also of those without a name; None where no column has one."""
        return None if self.names is None else name_all(self.names)


def name_all(names: Sequence[str]) -> tuple[str, ...]:
    """Names of columns; one without a name is called `Unnamed: 3` after its position, as in pandas.

    If another column has this name, as in a table that pandas wrote and read and wrote again, `.1` follows it.
    """
    found = list(names)
    for i, name in enumerate(names):
        if not name:
            called = [f"Unnamed: {i}", *(f"Unnamed: {i}.{k}" for k in range(1, len(names) + 1))]
            found[i] = next(one for one in called if one not in found)
    return tuple(found)
