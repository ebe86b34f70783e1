"""Columns that number or name the rows: they identify rows, and are not learnt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.column_keys import typed_column
from kvae.data.columns import Wanted, find, listed
from kvae.data.raw_table import Frame, name_all
from kvae.data.text import TextFormat
from kvae.data.text.numbers import missing_signs
from kvae.errors import InputError
from kvae.runs.csv_values import as_texts

if TYPE_CHECKING:
    import polars as pl

# Names that pandas and others give to the column of an index without a name.
NAMELESS = re.compile(r"Unnamed: 0(_level_\d+)?(\.\d+)?|__index_level_\d+__|")
# A column with one of these names numbers the rows if its values rise.
NUMBERING = ("#", "index", "level_0", "row", "row_nr", "rownames", "row.names", "rowid")
# In fewer rows a column may count up by chance.
MANY_ROWS = 10


def index_columns(frame: Frame, wanted: Wanted) -> tuple[list[int], list[str]]:
    """Positions of the columns that number or name the rows, and messages about them.

    Raises:
        InputError: For a first column that has no name and holds fractions: it may be an index or data.
    """
    names = frame.names
    if names is None:
        return [], numbered_rows(frame, wanted)
    asked = {str(one) for one in (wanted.columns or ())} | set(wanted.learnt or ()) | {str(wanted.label)}
    ids = None if wanted.ids is None else find(wanted.ids, frame.full_names, len(names))
    found: list[int] = [i for i in frame.row_names if i != ids]
    for i, (name, full) in enumerate(zip(names, name_all(names), strict=True)):
        if full in asked or (i and not name) or i in found or i == ids:
            continue
        nameless = NAMELESS.fullmatch(name) is not None
        if (nameless and counts_or_names(frame.column(i))) or (
            name.lower() in NUMBERING and is_rising(frame.column(i))
        ):
            found.append(i)
        elif not name and wanted.columns is None and not is_empty(frame.column(i), frame.fmt):
            raise InputError(
                f"{frame.source}: the first column has no name and holds fractions. Name it in the file, or type "
                f"data.id_column=0 if it identifies the rows"
            )
    if not found:
        return [], numbered_rows(frame, wanted)
    shown = listed([repr(names[i]) if names[i] else "the first, which has no name" for i in found])
    return found, [f"{frame.source}: columns that number or name the rows are not learnt: {shown}"]


def numbered_rows(frame: Frame, wanted: Wanted) -> list[str]:
    """A message about columns that seem to number the rows and are learnt nevertheless."""
    names, known = frame.full_names, {str(wanted.label), str(wanted.ids), *(wanted.learnt or ())}
    if len(frame.data) < MANY_ROWS or wanted.columns is not None:
        return []
    named = [str(i) if names is None else names[i] for i in range(frame.data.width)]
    found = [i for i, name in enumerate(named) if name not in known and is_run(frame.data.to_series(i))]
    if not found:
        return []
    shown = listed([named[i] for i in found])
    key = typed_column("data.id_column", names, found[0])
    return [f"{frame.source}: {shown} seems to number the rows; if so, type {key} so that it is not learnt"]


def whole_numbers(column: pl.Series) -> np.ndarray | None:
    """A column as whole numbers; None where any value is no whole number, or missing."""
    import polars as pl

    if column.dtype == pl.String:
        beginning = column.head(20).cast(pl.Int64, strict=False)
        if beginning.null_count():  # faster: for most columns the first values decide
            return None
        column = column.cast(pl.Int64, strict=False)
    if not column.dtype.is_numeric() or column.null_count() or not len(column):
        return None
    values = column.to_numpy()
    return values if np.all(values == np.floor(values)) else None


def is_rising(column: pl.Series) -> bool:
    """Whether a column holds whole numbers from 0 on, each larger than the one before."""
    numbers = whole_numbers(column)
    return numbers is not None and numbers[0] >= 0 and bool(np.all(np.diff(numbers) > 0))


def is_run(column: pl.Series) -> bool:
    """Whether a column counts up by 1."""
    numbers = whole_numbers(column)
    return numbers is not None and bool(np.all(np.diff(numbers) == 1))


def counts_or_names(column: pl.Series) -> bool:
    """Whether a column holds whole numbers or text, and no fractions."""
    import polars as pl

    if whole_numbers(column) is not None:
        return True
    if column.dtype != pl.String:
        return not column.dtype.is_numeric()
    return bool(len(column)) and column.cast(pl.Float64, strict=False).null_count() == len(column)


def text_of(column: pl.Series) -> np.ndarray:
    """A column as text `(n,)`, empty where a value is missing."""
    whole = whole_numbers(column) if column.dtype.is_numeric() else None
    if whole is not None:
        return whole.astype(np.int64).astype(str)
    return np.array(as_texts(column).fill_null("").to_list(), dtype=str)


def is_empty(column: pl.Series, fmt: TextFormat) -> bool:
    """Whether all values of a column are missing."""
    import polars as pl

    if column.dtype == pl.String:
        signs = ["", *missing_signs(fmt)]
        parts = (column.head(20), column)  # faster: for most columns the first values decide
        return all(bool(part.is_in(signs).fill_null(True).all()) for part in parts)
    return column.null_count() == len(column) or (column.dtype.is_float() and bool(column.is_nan().all()))
