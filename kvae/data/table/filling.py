"""Fill the missing values of a table, and keep every other value as the file has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.columns import same_names
from kvae.data.frames import is_frame
from kvae.data.kinds import kind_called
from kvae.data.large import is_pattern, matching
from kvae.data.source_file import existing_file
from kvae.data.table.as_came import filled_in
from kvae.data.table.given import from_given
from kvae.data.table.large import opened
from kvae.data.table.parts import is_part
from kvae.data.table.reading import named_columns, with_learnt_signs
from kvae.data.table.spelling import as_text
from kvae.data.table.typing import notation_in
from kvae.data.tables import TEXTS, read_lines
from kvae.data.text import TextFormat
from kvae.table import TableSpec
from kvae.table.text_form import TextForm

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class TableToFill:
    """A table whose missing values are to be filled.

    Attributes:
        frame: The columns: as text for a text file, else in their types. For a table that stays in its files, an
            empty frame of their types.
        spec: The columns that a model learnt.
        scanned: The lazy table, where it stays in its files; else None.
        separator: The sign between fields of a text file.
        decimal: The decimal sign of a text file; None for other sources.
        header: The names in the first line of a text file; None where it has none.
    """

    frame: pl.DataFrame
    spec: TableSpec
    scanned: pl.LazyFrame | None = None
    separator: str = ","
    decimal: str | None = None
    header: tuple[str, ...] | None = ()

    @property
    def places(self) -> dict[str, int]:
        """Names of the table's columns that the model fills, with their positions in a row of the model.

        A column of one category is not filled: its gaps say that a box is not ticked.
        """
        names = same_names(self.frame.columns, self.spec.names)
        return {
            names[column.name]: place
            for place, column in enumerate(self.spec.columns)
            if not is_part(column) and column.name in names and column.n_categories != 1
        }

    def gaps(self, x: np.ndarray) -> np.ndarray:
        """Which values of rows `(n, n_columns)` are missing in columns of the table, as booleans."""
        there = np.zeros(len(self.spec.columns), bool)
        there[list(self.places.values())] = True
        return np.isnan(x) & there

    def rows(self, numbers: Sequence[int] | np.ndarray) -> pl.DataFrame:
        """Rows of the table, in the order of `numbers`."""
        where = np.asarray(numbers)
        if self.scanned is None:
            return self.frame[where]
        first, last = int(where.min()), int(where.max())
        return self.scanned.slice(first, last - first + 1).collect()[where - first]

    def filled(self, frame: pl.DataFrame, gaps: np.ndarray, x: np.ndarray) -> pl.DataFrame:
        """Rows of the table with missing values filled.

        Args:
            frame: The rows.
            gaps: Which values to fill, from `gaps`, `(n, n_columns)`.
            x: The values to fill in, as numbers of the model, `(n, n_columns)`.
        """
        for name, place in self.places.items():
            missing = gaps[:, place]
            if missing.any():
                frame = frame.with_columns(self.with_values(frame[name], missing, x[:, place], place))
        return frame

    def with_values(self, came: pl.Series, missing: np.ndarray, numbers: np.ndarray, place: int) -> pl.Series:
        """The column `came` with values where `missing` is True, written as the table writes them."""
        import polars as pl

        column = self.spec.columns[place]
        if self.decimal is None:
            return filled_in(came, missing, numbers, column, keeps=self.scanned is not None)
        values = as_text(kind_called(column.kind).write(np.where(missing, numbers, np.nan), column), self.decimal)
        if column.n_categories is not None:
            values = self.as_spelled(values, self.frame[came.name])
        return pl.select(pl.when(pl.Series(missing)).then(values).otherwise(came)).to_series().alias(came.name)

    def as_spelled(self, texts: pl.Series, came: pl.Series) -> pl.Series:
        """Texts of categories in the spelling of the file, such as `True` for `true`."""
        spellings = came.drop_nulls().unique(maintain_order=True).to_list()
        lower = {one.lower(): one for one in reversed(spellings)}
        known = set(spellings)
        return texts.map_elements(
            lambda text: text if text in known else lower.get(text.lower(), text), return_dtype=texts.dtype
        )

    def beside_gaps(self, gaps: np.ndarray, values: np.ndarray) -> pl.DataFrame:
        """A table of the same columns with `values` where values of the table are missing, and null elsewhere."""
        import polars as pl

        places, columns = self.places, []
        for name in self.frame.columns:
            found = np.full(len(gaps), np.nan)
            if name in places:
                found = np.where(gaps[:, places[name]], values[:, places[name]], np.nan)
            short = [None if np.isnan(one) else float(f"{one:.6g}") for one in found]
            column = pl.Series(name, short, pl.Float64)
            columns.append(column if self.decimal is None else as_text(column, self.decimal))
        return pl.DataFrame(columns)

    def gaps_that_stay(self) -> list[str]:
        """Names of the columns that have missing values and are not filled."""
        names = [name for name in self.frame.columns if name not in self.places]
        table = (self.frame.lazy() if self.scanned is None else self.scanned).select(names)
        counts = table.null_count().collect() if names else self.frame.clear().null_count()
        return [name for name in names if counts[name].item()]


def open_to_fill(source: Any, spec: TableSpec, fmt: TextFormat | None = None) -> TableToFill:
    """Open a table to fill its missing values.

    Args:
        source: A DataFrame, or the path of a file, or a pattern of Parquet files, that `data=table` reads.
        spec: The columns that a model learnt.
        fmt: How a text file writes its table.

    Raises:
        InputError: When the table cannot be read.
    """
    import polars as pl

    if is_frame(source):
        return TableToFill(from_given(source), spec)
    files = matching(str(source)) if is_pattern(str(source)) else [existing_file(str(source))]
    if files[0].suffix.lower() not in TEXTS:
        scanned, _ = opened(files)
        return TableToFill(pl.DataFrame(schema=scanned.collect_schema()), spec, scanned)
    came = read_lines(files[0], with_learnt_signs(fmt or TextFormat(), spec), spec.names)
    frame = named_columns(came)
    form = TextForm.of(frame.fmt.separator, notation_in(frame, spec).decimal)
    empty_as_gaps = frame.data.with_columns(pl.all().replace("", None))
    header = came.names if came.names is None or len(set(came.names)) == len(came.names) else ()
    return TableToFill(empty_as_gaps, spec, None, form.separator, form.decimal, header)


def free_name(name: str, taken: Sequence[str]) -> str:
    """`name`, with underscores appended until it is not in `taken`."""
    while name in taken:
        name += "_"
    return name
