"""A table for inspection, before it is learnt: as it was read, and as a model would have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kvae.table import Column, TableSpec

if TYPE_CHECKING:
    import polars as pl

N_EXAMPLES = 3


@dataclass(frozen=True)
class TableSeen:
    """A table before it is learnt.

    Attributes:
        frame: The table as it was read: text, or the file's own types; null where a value is missing.
        spec: The kinds of its columns.
        x: The rows as a model would have them, `(n, n_columns)`, NaN where a value is missing.
        label: Name of the column with labels, if any.
        signs: Signs that were read as missing values: by column, each sign with its number of rows.
    """

    frame: pl.DataFrame
    spec: TableSpec
    x: np.ndarray
    label: str | None = None
    signs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def signs_there(self) -> list[str]:
        """The signs that were read as missing values, quoted for `data.missing_signs`."""
        return list(dict.fromkeys(f"'{sign}'" for found in self.signs.values() for sign in found))

    def __len__(self) -> int:
        return len(self.x)

    def values(self, name: str) -> np.ndarray:
        """The values of a learnt column, `(n,)`, NaN for missing ones."""
        return self.x[:, self.spec.place(name)]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The learnt columns by their names."""
        return {column.name: column for column in self.spec.columns}

    @property
    def numbers(self) -> list[Column]:
        """The learnt columns of numbers."""
        return [column for column in self.spec.columns if column.is_number]

    @property
    def categories(self) -> list[Column]:
        """The learnt columns of categories."""
        return [column for column in self.spec.columns if not column.is_number]

    @cached_property
    def missing(self) -> dict[str, np.ndarray]:
        """Which values are missing, booleans `(n,)`, by column."""
        found = {}
        for name in self.frame.columns:
            if name in self.by_name:
                found[name] = np.isnan(self.values(name))
            else:
                series = self.frame[name]
                empty = series.is_null()
                if series.dtype.is_float():
                    empty |= series.is_nan().fill_null(True)
                elif is_text(series):
                    empty |= (series.cast(str) == "").fill_null(True)
                found[name] = empty.to_numpy()
        return found

    def present(self, name: str) -> pl.Series:
        """The values of a column as they were read, without missing ones."""
        return self.frame[name].filter(~self.missing[name])

    @cached_property
    def counts(self) -> dict[str, list[tuple[str, int]]]:
        """By column of categories or text: its distinct values with their rows, the most frequent first."""
        names = [column.name for column in self.categories] + [one.name for one in self.spec.left_out]
        return {name: counted(self.present(name)) for name in names if name in self.frame.columns}


def counted(series: pl.Series) -> list[tuple[str, int]]:
    """Distinct values as text with their counts, the most frequent first, ties in the order of the text."""
    found = series.value_counts(name="its rows")
    return sorted(zip(as_text(found.to_series(0)), found["its rows"].to_list(), strict=True), key=by_rows)


def by_rows(one: tuple[str, int]) -> tuple[int, str]:
    """The key that sorts the most rows first."""
    return -one[1], one[0]


def is_text(series: pl.Series) -> bool:
    """Whether a column was read as text."""
    return series.dtype.to_python() is str


def as_text(series: pl.Series) -> list[str]:
    """Values as text."""
    return [str(value) for value in series.to_list()]


@dataclass(frozen=True)
class ColumnSeen:
    """One column in figures.

    Attributes:
        name, kind: Name and kind in the spec.
        likelihood: Name of its likelihood; None for a column that is left out.
        why: Why it is left out, in words; empty for a learnt column.
        n, missing, distinct: Numbers of rows, of missing values, and of distinct values.
        examples: Some of the values as they were read.
    """

    name: str
    kind: str
    likelihood: str | None
    why: str
    n: int
    missing: int
    distinct: int
    examples: tuple[str, ...]


def columns_seen(seen: TableSeen) -> list[ColumnSeen]:
    """The figures of all columns, in the order of the table."""
    left_out = {one.name: one for one in seen.spec.left_out}
    found = []
    for name in seen.frame.columns:
        column, other = seen.by_name.get(name), left_out.get(name)
        kind = column.kind if column else other.kind if other else "not asked for"
        present = seen.present(name)
        different = present.unique(maintain_order=True)
        found.append(
            ColumnSeen(
                name,
                kind,
                str(column.likelihood["name"]) if column else None,
                other.why if other else "",
                len(seen),
                int(seen.missing[name].sum()),
                len(different),
                tuple(as_text(different.head(N_EXAMPLES))),
            )
        )
    return found
