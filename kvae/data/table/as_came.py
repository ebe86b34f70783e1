"""Values of a model in the type of the column that came, which may be another than the learnt one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.kinds import kind_called
from kvae.data.kinds.categories import texts_of
from kvae.data.kinds.date import Date
from kvae.data.kinds.formats import write_as_type
from kvae.data.kinds.written import Written
from kvae.data.table.spelling import spelling_of
from kvae.errors import InputError
from kvae.table import Column

if TYPE_CHECKING:
    import polars as pl


def filled_in(
    came: pl.Series, missing: np.ndarray, numbers: np.ndarray, column: Column, keeps: bool = False
) -> pl.Series:
    """The column `came` with values where `missing` is True, in its own type.

    A column of categories gets those that it lacks. A column with only missing values, which has no type of its
    own, gets the learnt type: always if it is one of text and not `keeps`, else where its type does not fit.

    Args:
        came: The column.
        missing: Which values to fill, `(n,)`.
        numbers: Values as numbers of the model, `(n,)`.
        column: The learnt column.
        keeps: Whether a column of text stays one even if all its values are missing.

    Raises:
        InputError: When a value cannot be written in the type of the column.
    """
    import polars as pl

    numbers = np.where(missing, numbers, np.nan)
    learnt = kind_called(column.kind).write(numbers, column)
    empty = came.null_count() == len(came)
    if came.dtype == pl.Null or (empty and came.dtype == pl.String and not keeps):
        values = learnt
    else:
        values = in_type_of(came, numbers, learnt, column)
        if empty and (values is None or not fits(values, numbers)):
            values = learnt
    if values is None or not fits(values, numbers):
        lost = np.isfinite(numbers) if values is None else np.isfinite(numbers) & values.is_null().to_numpy()
        raise InputError(
            f"the gaps of column {came.name!r} cannot be filled: it came as {came.dtype}, which cannot hold "
            f"{learnt[int(lost.argmax())]!r}. Convert the column to {learnt.dtype}, the type that was learnt"
        )
    if came.dtype != values.dtype:
        came = values.clear(len(came)) if empty else came.cast(values.dtype)
    return pl.select(pl.when(pl.Series(missing)).then(values).otherwise(came)).to_series().alias(came.name)


def fits(values: pl.Series, numbers: np.ndarray) -> bool:
    """Whether there is a value for every number."""
    return not (values.is_null().to_numpy() & np.isfinite(numbers)).any()


def in_type_of(came: pl.Series, numbers: np.ndarray, learnt: pl.Series, column: Column) -> pl.Series | None:
    """Numbers of the model in the type of `came`, null where it cannot hold one; None where it can hold none.

    Args:
        came: The column that came.
        numbers: Numbers of the model, NaN where no value is needed.
        learnt: The same in the learnt type.
        column: The learnt column.
    """
    import polars as pl

    dtype = came.dtype
    if dtype == learnt.dtype:
        return learnt
    if dtype.is_temporal():
        return in_type(numbers, column, str(dtype)) if column.kind == Date.name else None
    if dtype.is_numeric() or dtype == pl.Boolean:
        return as_numbers(learnt, column, dtype)
    if dtype not in (pl.String, pl.Categorical, pl.Enum):
        return None
    texts = as_texts(came, numbers, learnt, column)
    return texts.cast(wider(dtype, texts, column.categories or ()))


def in_type(numbers: np.ndarray, column: Column, dtype: str) -> pl.Series:
    """Numbers of the model in a type of dates or times, as the learnt column would be without a format."""
    form = {name: value for name, value in column.form.items() if name != "format"}
    values: pl.Series = kind_called(column.kind).write(numbers, replace(column, form=form | {"dtype": dtype}))
    return values


def as_numbers(learnt: pl.Series, column: Column, dtype: pl.DataType) -> pl.Series | None:
    """Values of the learnt type as numbers or booleans."""
    import polars as pl

    if learnt.dtype.is_temporal():
        return None
    if learnt.dtype in (pl.String, pl.Categorical, pl.Enum):
        texts = learnt.cast(pl.String)
        if dtype == pl.Boolean and column.n_categories is not None:
            return texts.str.to_lowercase().replace_strict(
                {"false": False, "true": True}, return_dtype=pl.Boolean, default=None
            )
        learnt = Written.of(column.form).read(texts)
    if dtype.is_integer() and learnt.dtype.is_float():
        learnt = learnt.round()
    return learnt.cast(dtype, strict=False)


def as_texts(came: pl.Series, numbers: np.ndarray, learnt: pl.Series, column: Column) -> pl.Series:
    """Values of the learnt type as texts like those of the column that came."""
    import polars as pl

    there = came.drop_nulls().cast(pl.String)
    if learnt.dtype == pl.Boolean:
        false, true = spelling_of(there)
        return learnt.cast(pl.String).replace({"false": false, "true": true})
    if learnt.dtype.is_temporal():
        dtype = str(learnt.dtype)
        timed = "Datetime(time_unit='us', time_zone=None)" if dtype == "Date" else dtype
        return write_as_type(in_type(numbers, column, timed), there.str.strip_chars(), dtype)
    if learnt.dtype.is_numeric() and came.dtype != pl.String:
        return texts_of(learnt, {})
    return learnt.cast(pl.String)


def wider(dtype: pl.DataType, texts: pl.Series, order: Sequence[str]) -> pl.DataType:
    """The type of a column of text or categories, with the texts that it lacks as further categories.

    They are in the learnt `order` if the other categories are, else at the end.
    """
    import polars as pl

    if not isinstance(dtype, pl.Enum):
        return dtype
    own = dtype.categories.to_list()
    lacking = [one for one in texts.drop_nulls().unique(maintain_order=True) if one not in set(own)]
    if not lacking:
        return dtype
    places = {one: place for place, one in enumerate(order)}
    known = [places.get(one, -1) for one in own]
    ordered = -1 not in known and known == sorted(known) and all(one in places for one in lacking)
    return pl.Enum(sorted([*own, *lacking], key=lambda one: places[one]) if ordered else [*own, *lacking])
