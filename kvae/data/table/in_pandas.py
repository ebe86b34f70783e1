"""Filled values in columns of pandas: categories keep their own type, and new ones are added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.errors import InputError

if TYPE_CHECKING:
    import polars as pl


def in_pandas(column: Any, gaps: np.ndarray, done: pl.Series) -> Any:
    """A column of pandas, changed, with the values of `done` where `gaps` is True.

    Raises:
        InputError: When a value cannot be written in the type of the column.
    """
    values = as_known(done.filter(gaps).to_list(), column)
    categories = getattr(column.dtype, "categories", None)
    if categories is not None:
        column = with_categories(column, values, done)
    number = done.dtype.is_numeric() or str(done.dtype) == "Boolean"
    untyped = gaps.all() and column.dtype.kind == "f" and not number
    if untyped:  # a column with only missing values has no type of its own
        column = column.astype(object)
    try:
        column[gaps] = values
    except (TypeError, ValueError, OverflowError) as error:
        raise cannot_hold(column, values[0]) from error
    left = column[gaps].isna().to_numpy()
    if left.any():
        raise cannot_hold(column, values[int(left.argmax())])
    return column.infer_objects() if untyped else column


def cannot_hold(column: Any, value: Any) -> InputError:
    """The error for a value that the type of a column does not have."""
    return InputError(
        f"the gaps of column {column.name!r} cannot be filled: its type {column.dtype} cannot hold {value!r}. "
        "Convert the column to object"
    )


def with_categories(column: Any, values: list[Any], done: pl.Series) -> Any:
    """A column of categories that has those of `values` too, in the order of `done` if it has one, else last.

    Raises:
        InputError: When a value is text and no category is.
    """
    categories = column.dtype.categories
    lacking = [one for one in dict.fromkeys(values) if one not in categories]
    if not lacking:
        return column
    texts = [one for one in lacking if isinstance(one, str)]
    if texts and len(categories) and not any(isinstance(one, str) for one in categories):
        raise cannot_hold(column, texts[0])  # beside times or intervals
    wanted = [*categories, *lacking]
    if column.dtype.ordered and getattr(done.dtype, "categories", None) is not None:
        places = {text: place for place, text in enumerate(done.dtype.categories)}  # type: ignore[attr-defined]
        wanted.sort(key=lambda one: places.get(str(one), len(places)))
    return column.cat.set_categories(wanted)


def as_known(values: list[Any], column: Any) -> list[Any]:
    """Values for a pandas column; the text of a category becomes the category, such as a number or an interval."""
    categories = getattr(column.dtype, "categories", None)
    known = categories
    if known is None:
        known = column.dropna() if column.dtype == object else ()
    named = {str(one): one for one in known if not isinstance(one, str)}
    kind = getattr(getattr(categories, "dtype", None), "kind", "O")
    return [
        value if not isinstance(value, str) else named[value] if value in named else of_kind(value, kind)
        for value in values
    ]


def of_kind(text: str, kind: str) -> Any:
    """The text of a category that a column lacks as one of its categories: `kind` is that of NumPy's type."""
    if kind == "b":
        return {"false": False, "true": True}.get(text.lower(), text)
    if kind not in "iuf":
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if kind in "iu" and number.is_integer() else number


def as_pandas_frame(frame: pl.DataFrame) -> Any:
    """A polars DataFrame in pandas, by column, without pyarrow: numbers, booleans and times keep their types."""
    import pandas as pd

    return pd.DataFrame({column.name: values_for_pandas(column) for column in frame.iter_columns()})


def values_for_pandas(column: pl.Series) -> Any:
    """A column as an array or list of which pandas makes one of the same type."""
    import pandas as pd
    import polars as pl

    dtype = column.dtype
    if isinstance(dtype, pl.Enum):
        return pd.Categorical(column.cast(pl.String).to_list(), dtype.categories.to_list(), ordered=True)
    if isinstance(dtype, pl.Categorical):
        return pd.Categorical(column.cast(pl.String).to_list())
    if isinstance(dtype, pl.Datetime) and dtype.time_zone:
        return pd.Series(column.to_numpy()).dt.tz_localize("UTC").dt.tz_convert(dtype.time_zone)
    plain = dtype.is_float() or dtype.is_integer() or isinstance(dtype, pl.Date | pl.Datetime | pl.Duration)
    return column.to_numpy() if plain or (dtype == pl.Boolean and not column.null_count()) else column.to_list()
