"""A table as it was read, before anything is chosen of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.text import TextFormat

if TYPE_CHECKING:
    import polars as pl

    from kvae.data.original import Original


@dataclass(frozen=True)
class Frame:
    """A table as it was read.

    Attributes:
        source: How messages call it.
        data: Its columns, of text or numbers; of a table that stays in its file their names and types alone.
        names: Of the columns, an empty one where a column has none; None where none has any.
        lines: The line of each row in a text file, from 1; None of other files.
        row_names: Positions of columns that are known to name the rows.
        fmt: How text writes numbers.
        scanned: The table itself, where it stays in its file.
        as_came: Opens its rows as the file has them, for those columns that are learnt.
        signs: What was read as missing besides empty fields: by column, each sign with its rows.
        words: What the user is to be told of how it was read, a sentence each.
    """

    source: str
    data: pl.DataFrame
    names: tuple[str, ...] | None
    lines: Sequence[int] | np.ndarray | None = None
    row_names: tuple[int, ...] = ()
    fmt: TextFormat = field(default_factory=TextFormat)
    scanned: pl.LazyFrame | None = None
    as_came: Callable[[Sequence[int]], Original] | None = None
    signs: dict[str, dict[str, int]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def column(self, place: int) -> pl.Series:
        """One column, read from its file where the table stays in it."""
        if self.scanned is None:
            return self.data.to_series(place)
        return self.scanned.select(self.data.columns[place]).collect().to_series()

    def place(self, row: int) -> str:
        """A row as the user finds it."""
        return f"row {row}" if self.lines is None else f"line {self.lines[row]}"

    @property
    def full_names(self) -> tuple[str, ...] | None:
        """Names of the columns; one that has none is called by its place, as pandas does."""
        if self.names is None:
            return None
        return tuple(name or f"Unnamed: {i}" for i, name in enumerate(self.names))
