"""A table as it is looked at, before anything is learnt: as it was read, and as a model would have it."""

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
        frame: As it was read: text, or the file's own types; null where a value is missing.
        spec: What its columns are taken for.
        x: The rows as a model would have them, `(n, n_columns)`, NaN where a value is missing.
        label: The column of labels, if any.
        signs: What was read as missing besides empty fields: by column, each sign with its rows.
    """

    frame: pl.DataFrame
    spec: TableSpec
    x: np.ndarray
    label: str | None = None
    signs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def signs_there(self) -> list[str]:
        """The signs that were read as missing, as one types them in a list."""
        return list(dict.fromkeys(f"'{sign}'" for found in self.signs.values() for sign in found))

    def __len__(self) -> int:
        return len(self.x)

    def values(self, name: str) -> np.ndarray:
        """The values of a learnt column, `(n,)`, NaN where one is missing."""
        return self.x[:, self.spec.place(name)]

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns that are learnt."""
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
                gone = series.is_null()
                if series.dtype.is_float():
                    gone |= series.is_nan().fill_null(True)
                elif is_text(series):
                    gone |= (series.cast(str) == "").fill_null(True)
                found[name] = gone.to_numpy()
        return found

    def present(self, name: str) -> pl.Series:
        """The values of a column that are there, as they were read."""
        return self.frame[name].filter(~self.missing[name])

    @cached_property
    def counts(self) -> dict[str, list[tuple[str, int]]]:
        """Every different value of a column of categories or text as it was read, with its rows, rarest last."""
        names = [column.name for column in self.categories] + [one.name for one in self.spec.left_out]
        return {name: counted(self.present(name)) for name in names if name in self.frame.columns}


def counted(series: pl.Series) -> list[tuple[str, int]]:
    """Different values as text, each with how often it comes, by falling counts and rising text."""
    found = series.value_counts(name="its rows")
    return sorted(zip(as_text(found.to_series(0)), found["its rows"].to_list(), strict=True), key=by_rows)


def by_rows(one: tuple[str, int]) -> tuple[int, str]:
    """Most rows first."""
    return -one[1], one[0]


def is_text(series: pl.Series) -> bool:
    """Whether a column was read as text."""
    return series.dtype.to_python() is str


def as_text(series: pl.Series) -> list[str]:
    """Values as one types them."""
    return [str(value) for value in series.to_list()]


@dataclass(frozen=True)
class ColumnSeen:
    """One column in figures.

    Attributes:
        name, kind: As the spec has them.
        likelihood: What its values are given a code; None of one that is left out.
        why: Why it is left out, in words; empty of one that is learnt.
        n, missing, distinct: Rows, missing values, and different values that are there.
        examples: Some of those as they were read.
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
    """All columns in the table's order."""
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
