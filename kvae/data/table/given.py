"""Convert DataFrames of pandas and others to polars, and back."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.columns import same_names
from kvae.data.frames import names_twice
from kvae.data.kinds import kind_called
from kvae.data.table.as_came import fits, in_type_of
from kvae.errors import InputError
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl


def from_given(frame: Any) -> pl.DataFrame:
    """A DataFrame of any library that narwhals supports, as polars, with the columns' names as text.

    An ordered categorical of pandas becomes an Enum.

    Raises:
        InputError: For a table that is not in memory, for what is no table, or names that occur twice.
    """
    import narwhals as nw
    import polars as pl

    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        table = nw.from_native(frame, eager_only=True)
        names = list(table.columns)
    except nw.exceptions.DuplicateError as error:
        twice = ", ".join(names_twice(frame))
        raise InputError(f"the table must name every column once. Received twice: {twice}") from error
    except TypeError as error:
        must = "in memory: call .collect() first" if hasattr(frame, "collect") else "a DataFrame"
        kind = type(frame)
        raise InputError(f"the table must be {must}. Received: {kind.__module__}.{kind.__name__}") from error
    texts = [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in names]
    if len(set(texts)) < len(texts):
        raise InputError(f"the table must name every column once, as text. Received: {', '.join(texts[:20])}")
    if hasattr(frame, "to_polars") or (hasattr(frame, "__arrow_c_stream__") and not hasattr(frame, "iloc")):
        return table.to_polars().rename(dict(zip(names, texts, strict=True)))
    # By position: in pandas a name may be a number, or a tuple.
    return pl.DataFrame([column_of(text, table[:, place]) for place, text in enumerate(texts)])


def column_of(name: str, column: Any) -> pl.Series:
    """One column of pandas or the like as polars, without pyarrow."""
    import narwhals as nw
    import polars as pl

    native, dtype = column.to_native(), column.dtype
    if isinstance(dtype, nw.Categorical | nw.Enum):
        gone = column.is_null().to_list()
        values = [None if gap else str(one) for one, gap in zip(column.to_list(), gone, strict=True)]
        if getattr(native.dtype, "ordered", False):
            return pl.Series(name, values, pl.Enum([str(one) for one in native.dtype.categories]))
        return pl.Series(name, values, pl.Categorical)
    gaps = column.is_null()
    if dtype.is_float() or (dtype.is_integer() and not gaps.any()) or (dtype == nw.Boolean and not gaps.any()):
        return (
            pl.Series(name, np.asarray(column.to_numpy())).fill_nan(None)
            if dtype.is_float()
            else pl.Series(name, np.asarray(column.to_numpy()))
        )
    values = [None if gap else one for one, gap in zip(column.to_list(), gaps.to_list(), strict=True)]
    if dtype.is_integer():
        return pl.Series(name, values, getattr(pl, str(dtype)))
    if dtype == nw.Boolean:
        return pl.Series(name, values, pl.Boolean)
    if dtype.is_temporal():
        return pl.Series(name, values, strict=False)
    return of_objects(name, values)


def of_objects(name: str, values: list[Any]) -> pl.Series:
    """A column of objects: in one type of polars where all values have it, else as text."""
    import polars as pl

    there = [one for one in values if one is not None]
    if all(isinstance(one, str) for one in there):
        return pl.Series(name, values, pl.String)
    if all(isinstance(one, bool | np.bool_) for one in there):
        return pl.Series(name, [None if one is None else bool(one) for one in values], pl.Boolean)
    if all(isinstance(one, int | float | np.integer | np.floating) and not isinstance(one, bool) for one in there):
        whole = all(float(one).is_integer() for one in there)
        kind = int if whole else float
        return pl.Series(name, [None if one is None else kind(one) for one in values])
    if all(isinstance(one, Decimal) for one in there):
        return pl.Series(name, values)
    if any(isinstance(one, list | tuple | dict | set | np.ndarray | bytes) for one in there):
        return pl.Series(name, [None if one is None else [str(one)] for one in values], pl.List(pl.String))
    zoned = {one.tzinfo is not None for one in there if isinstance(one, datetime.datetime)}
    if len(zoned) > 1:
        raise InputError(
            f"column {name!r} holds times with a time zone and times without one: give all of them one, or none"
        )
    texts = pl.Series(name, [None if one is None else str(one) for one in values], pl.String)
    if any(isinstance(one, complex) for one in there):  # polars would keep only the real parts
        return texts
    try:
        found = pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        return texts
    return texts if found.dtype == pl.Object else found  # objects such as periods of pandas become text


def in_form_of(frame: pl.DataFrame, given: Any, spec: TableSpec) -> Any:
    """A polars DataFrame in the library of `given`; in pandas with the types of the columns of `given`.

    A column whose values do not fit its type there, such as integers with missing values, gets the default type
    of the library.

    Args:
        frame: Rows as `decode` gives them.
        given: The DataFrame.
        spec: The columns of `frame`.
    """
    import narwhals as nw
    import polars as pl

    if isinstance(given, pl.DataFrame):
        return frame
    library = nw.get_native_namespace(nw.from_native(given, eager_only=True))
    types: dict[str, Any] = {}
    if hasattr(given, "iloc"):
        came = from_given(given)
        names = same_names(came.columns, frame.columns)
        types = {name: given.dtypes.iloc[came.columns.index(other)] for name, other in names.items()}
        frame = frame.with_columns(not_as_text(frame[name], came[other], spec) for name, other in names.items())
    made = nw.from_dict({name: frame[name].to_list() for name in frame.columns}, backend=library).to_native()
    for name, dtype in types.items():
        made[name] = as_pandas(made[name], dtype)
    return made


def not_as_text(values: pl.Series, came: pl.Series, spec: TableSpec) -> pl.Series:
    """Text of a learnt column as dates, times, numbers or booleans, if `came` holds such; else unchanged."""
    import polars as pl

    dtype = came.dtype
    if values.dtype != pl.String or not (dtype.is_temporal() or dtype.is_numeric() or dtype == pl.Boolean):
        return values
    column = spec.columns[spec.place(values.name)]
    numbers = kind_called(column.kind).read(values, column)
    found = in_type_of(came, numbers, values, column)
    return values if found is None or not fits(found, numbers) else found.alias(values.name)


def as_pandas(column: Any, dtype: Any) -> Any:
    """A pandas column converted to a type, if its values fit the type."""
    categories = getattr(dtype, "categories", None)
    if categories is not None:
        known = {str(one): one for one in categories}  # categories may be numbers
        column = column.map(lambda value: known.get(value, value))
        fits = set(column.dropna()) <= set(categories)
        return column.astype(dtype if fits else "category")
    try:
        return column.astype(dtype)
    except (TypeError, ValueError):
        return column
