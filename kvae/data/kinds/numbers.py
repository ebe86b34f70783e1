"""Base class of the kinds of numbers: decimals, types, and signs around numbers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.kinds.base import CannotReadError, LearntKind
from kvae.data.kinds.seen import Seen, without_gaps
from kvae.data.kinds.types import type_called
from kvae.data.kinds.written import Written
from kvae.errors import quoted
from kvae.table import Column

if TYPE_CHECKING:
    import polars as pl

MOST_DECIMALS = 9
LARGEST, LEAST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)


class NumberKind(LearntKind):
    """A kind of numbers."""

    @abstractmethod
    def likelihood(self, seen: Seen) -> dict[str, Any]:
        """The default likelihood of a column."""

    def learn(self, seen: Seen, given: dict[str, Any]) -> Column:
        if not seen.is_number:
            raise ValueError(f"holds {quoted(seen.values[0])}, which is no number")
        decimals = decimals_of(seen.numbers) if seen.decimals is None else seen.decimals
        form = seen.form | ({} if decimals is None else {"decimals": decimals})
        return Column(seen.name, self.name, self.likelihood(seen), form=form)

    def read(self, values: pl.Series, column: Column, unseen: str = "refuse") -> np.ndarray:
        import polars as pl

        values = without_gaps(values)
        numbers, written = values, Written.of(column.form)
        if values.dtype == pl.String:
            numbers = written.read(values)
        elif values.dtype == pl.Duration or not (
            values.dtype.is_numeric() or values.dtype in (pl.Boolean, pl.Null)
        ):
            numbers = values.clear(len(values)).cast(pl.Null)
        bad = values.is_not_null() & numbers.is_null()
        if bad.any():
            shown = written.example(column.form.get("decimals"))
            raise wrong(values, bad.to_numpy(), f"it was learnt as {self.words}{shown}")
        found = numbers.cast(pl.Float64).to_numpy().astype(np.float64)
        if np.isinf(found).any():
            raise wrong(
                values, np.isinf(found), "numbers must be finite. Correct it, or leave it empty in the file"
            )
        large = np.abs(np.nan_to_num(found, posinf=np.inf)) > LARGEST
        if large.any():
            raise wrong(values, large, f"numbers must be at most {LARGEST:.2g}, as float32 can hold")
        found = large_enough(found, values)
        outside = self.outside(found, column)
        if outside.any():
            raise wrong(values, outside, f"it was learnt as {self.words}")
        return found

    def outside(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        """Which numbers a column of this kind cannot have, as booleans; False for NaN."""
        return np.zeros(len(numbers), bool)

    def within(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        """The nearest numbers that a column of this kind can have."""
        return numbers

    def write(self, numbers: np.ndarray, column: Column) -> pl.Series:
        decimals = column.form.get("decimals")
        numbers = self.within(np.asarray(numbers, np.float64), column)
        return typed(column.name, rounded(numbers, decimals), column.form)


def large_enough(numbers: np.ndarray, values: pl.Series) -> np.ndarray:
    """Replace numbers that float32 rounds to 0 by its smallest number, because 0 has no logarithm.

    Raises:
        CannotReadError: When all numbers but 0 are so small.
    """
    small = (numbers != 0) & (np.abs(numbers) < LEAST)
    if not small.any():
        return numbers
    if not np.any(np.abs(numbers) >= LEAST):
        raise wrong(
            values, small, f"numbers must be at least {LEAST:.2g}, as float32 can hold; write them in another unit"
        )
    return np.where(small, np.sign(numbers) * LEAST, numbers)


def wrong(values: pl.Series, bad: np.ndarray, why: str) -> CannotReadError:
    """The error for values of which some are wrong, given by the booleans `bad` `(n,)`."""
    row = int(np.argmax(bad))
    return CannotReadError(row, values[row], int(np.sum(bad)), why)


def rounded(numbers: np.ndarray, decimals: int | None) -> np.ndarray:
    """Numbers rounded to `decimals`; with None, to the shortest decimals that are the same float32."""
    if decimals is not None:
        return np.round(numbers, decimals) + 0.0  # no -0
    # 0.1 and not 0.10000000149.
    short = [float(str(one)) for one in numbers.astype(np.float32)]
    return np.array(short, np.float64)


def typed(name: str, numbers: np.ndarray, form: Any) -> pl.Series:
    """Rounded numbers, NaN for missing ones, in the type of the table's column."""
    import polars as pl

    column = pl.Series(name, numbers, pl.Float64).fill_nan(None)
    decimals = form.get("decimals")
    dtype = form.get("dtype") or ("Int64" if decimals == 0 else "Float64")
    if dtype == "String":
        return Written.of(form).write(column, decimals)
    target = type_called(dtype)
    if target.is_integer():
        least, most = (pl.select(bound).item() for bound in (target.min(), target.max()))
        highest = float(most)  # floats round the largest 64-bit integers up by 1
        column = column.clip(float(least), highest if int(highest) <= most else float(np.nextafter(highest, 0.0)))
        return column.cast(target, strict=False)
    if isinstance(target, pl.Decimal):  # a drawn number may have more digits than the type holds
        most = float(np.nextafter(10.0 ** (target.precision - target.scale), 0)) - 10.0**-target.scale
        column = column.clip(-most, most)
    return column.cast(target)


def decimals_of(numbers: np.ndarray) -> int | None:
    """The number of decimals that numbers need, at most 9; None where that is not enough."""
    for decimals in range(MOST_DECIMALS + 1):
        if np.array_equal(np.round(numbers, decimals), numbers):
            return decimals
    return None
