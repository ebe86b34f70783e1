"""A column before its kind is known: its distinct values and their counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.kinds.written import Written, numbers_in

if TYPE_CHECKING:
    import polars as pl

HEAD = 20


@dataclass(frozen=True)
class Seen:
    """The values of a column, from which its kind is recognised.

    Attributes:
        name: Its name in the table.
        place: Its position in the table, from 0.
        dtype: The name of its type in polars.
        values, counts: Its distinct values, the most frequent first, and how many rows have each.
        n: Number of rows.
        missing: Number of missing values.
        head: The first values.
        order: The categories in their order, if the type of the column has one.
        written: How the text of the column writes numbers; None for text without numbers, and for other types.
        decimals: Number of decimals of numbers in text; None as for `written`.
    """

    name: str
    place: int
    dtype: str
    values: pl.Series
    counts: np.ndarray
    n: int
    missing: int
    head: pl.Series
    order: tuple[str, ...] | None = None
    written: Written | None = None
    decimals: int | None = None

    @property
    def present(self) -> int:
        """Number of values that were counted: those of all rows, or of a sample of a large file."""
        return int(self.counts.sum())

    @property
    def distinct(self) -> int:
        """Number of distinct values."""
        return len(self.values)

    @property
    def is_text(self) -> bool:
        """Whether its values are text, and not numbers in text."""
        import polars as pl

        return self.values.dtype == pl.String

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.values.dtype.is_numeric()

    @cached_property
    def numbers(self) -> np.ndarray:
        """The distinct values of a column of numbers, float64."""
        import polars as pl

        return self.values.cast(pl.Float64).to_numpy()

    @cached_property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        return self.is_number and bool(np.all(self.numbers == np.floor(self.numbers)))

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean and variance of the numbers."""
        share = self.counts / self.counts.sum()
        mean = float(share @ self.numbers)
        with np.errstate(over="ignore"):
            return mean, float(share @ (self.numbers - mean) ** 2)

    @property
    def is_counted(self) -> bool:
        """Whether its distinct values were counted: not for lists, bytes and the like."""
        return is_counted(self.values)

    @property
    def is_running(self) -> bool:
        """Whether it numbers the rows from 0 or 1."""
        if not self.is_whole or self.missing or self.distinct < self.present:
            return False
        least, most = self.numbers.min(), self.numbers.max()
        head = self.head.to_list()
        return bool(least in (0, 1) and most - least == self.n - 1 and head == sorted(head))

    @cached_property
    def n_words(self) -> float:
        """The mean number of words of the distinct texts."""
        return float((self.values.str.count_matches(r"\S+")).mean() or 0)  # type: ignore[arg-type]

    @property
    def form(self) -> dict[str, Any]:
        """`Column.form` as far as it does not depend on the kind: how the table writes the column."""
        if self.written is None:
            return {"dtype": self.dtype}
        return {"dtype": self.dtype, **self.written.form, "decimals": self.decimals}


def see(column: pl.Series, place: int, weights: pl.Series | None = None, decimal: str = ".") -> Seen:
    """The `Seen` of a column.

    Args:
        column: The values, of any type; null, NaN and empty text are missing.
        place: Position of the column in its table.
        weights: Number of rows of each value, if `column` holds distinct values; None if it has a value per row.
        decimal: The decimal sign of the table, for numbers in text that can be read in two ways.
    """
    import polars as pl

    name, dtype = column.name, str(column.dtype)
    order = None
    if column.dtype in (pl.Categorical, pl.Enum):
        order = column.dtype.categories if column.dtype == pl.Enum else None  # type: ignore[attr-defined]
        dtype = type(column.dtype).__name__
    column = without_gaps(column)
    values, counts = counted(column, weights)
    if order is not None:
        there = set(values.to_list())
        order = order.str.strip_chars().unique(maintain_order=True)
        order = tuple(one for one in order if one in there)
    n = len(column) if weights is None else int(weights.sum())
    missing = n - int(counts.sum())
    return as_numbers(Seen(name, place, dtype, values, counts, n, missing, column.head(HEAD), order), decimal)


def without_gaps(column: pl.Series) -> pl.Series:
    """A column in which all missing values are null, also NaN and empty text.

    Categories become text, and spaces around text are removed.
    """
    import polars as pl

    if column.dtype.is_float():
        return column.fill_nan(None)
    if column.dtype == pl.Decimal:
        return column.cast(pl.Float64)
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        texts = column.cast(pl.String).str.strip_chars()
        return pl.select(pl.when(texts != "").then(texts)).to_series()
    return column


def is_counted(column: pl.Series) -> bool:
    """Whether the distinct values of a column can be counted: not of lists, objects and bytes."""
    import polars as pl

    return not (column.dtype.is_nested() or column.dtype in (pl.Object, pl.Binary))


def counted(column: pl.Series, weights: pl.Series | None = None) -> tuple[pl.Series, np.ndarray]:
    """The distinct values of a column and their counts: the most frequent first, ties by value."""
    import polars as pl

    if not is_counted(column):
        return column.drop_nulls().head(0), np.zeros(0, np.int64)
    if weights is not None:
        there = column.is_not_null()
        return summed(column.filter(there), weights.filter(there))
    found = pl.DataFrame({"value": column.drop_nulls()}).group_by("value").len("n")
    found = found.sort(["n", "value"], descending=[True, False])
    return found["value"], found["n"].to_numpy().astype(np.int64)


def as_numbers(seen: Seen, decimal: str = ".") -> Seen:
    """A column of numbers in text as one of numbers; any other as it is.

    Numbers in a column whose type is categories are names of categories.
    """
    import polars as pl

    if not seen.is_text or seen.dtype in ("Categorical", "Enum") or not seen.distinct:
        return seen
    found = numbers_in(seen.values, decimal)
    if found is None:
        return seen
    written, numbers, decimals = found
    values, counts = summed(numbers, pl.Series(seen.counts))
    head = written.read(seen.head)
    return replace(seen, values=values, counts=counts, head=head, written=written, decimals=decimals)


def summed(values: pl.Series, counts: pl.Series) -> tuple[pl.Series, np.ndarray]:
    """Distinct values and the sums of their `counts`, sorted as by `counted`; `values` may repeat."""
    import polars as pl

    found = pl.DataFrame({"value": values, "n": counts.cast(pl.Int64)}).group_by("value").sum()
    found = found.sort(["n", "value"], descending=[True, False])
    return found["value"], found["n"].to_numpy()
