"""Take pandas DataFrames apart and restore them: columns of numbers, times and text, and a simple index."""

import re
from typing import Any

import numpy as np

from kvae.data.original.pandas_frames.columns import Column, Kind
from kvae.runs.forms import Form, anything, flag, list_of, record, text

NUMBERS = re.compile(r"bool|(u?int|float)(8|16|32|64)")
NULLABLE = re.compile(r"boolean|(UInt|Int|Float)(8|16|32|64)")
TIMES = re.compile(r"(datetime64|timedelta64)\[(s|ms|us|ns)\]")
COUNTED = {"from": [0, 1]}
CATEGORY = "category"
# Types of categories that JSON can hold.
PLAIN = re.compile(r"str|object|bool|u?int(8|16|32|64)|float64")
CATEGORIES: Form = record({"values": list_of(anything), "type": text}, {"ordered": flag})


def head_of(frame: Any) -> dict[str, Any]:
    """The head of a DataFrame: names, types, categories and index, as plain values for JSON.

    Raises:
        ValueError: For names, categories or an index that JSON cannot hold.
    """
    import pandas as pd

    index = frame.index
    if isinstance(index, pd.MultiIndex) or isinstance(frame.columns, pd.MultiIndex):
        raise ValueError("an index, or names, of several levels cannot be restored: pass x.reset_index()")
    names = [*frame.columns, *([] if index.name is None else [index.name])]
    if not all(isinstance(name, str | int) for name in names):
        raise ValueError("names that are neither text nor whole numbers cannot be restored: rename them")
    counts = isinstance(index, pd.RangeIndex)
    known: dict[str, Any] = {"from": [index.start, index.step]} if counts else {"type": str(index.dtype)}
    known |= {} if index.name is None else {"name": index.name}
    head: dict[str, Any] = {"columns": list(frame.columns), "types": [str(dtype) for dtype in frame.dtypes]}
    head |= {} if known == COUNTED else {"index": known}
    places = [place for place, name in enumerate(head["types"]) if name == CATEGORY]
    head |= {"categories": {str(place): categories_of(frame.iloc[:, place]) for place in places}} if places else {}
    return head | ({"numbered": True} if isinstance(frame.columns, pd.RangeIndex) else {})


def categories_of(series: Any) -> dict[str, Any]:
    """The categories of a column as plain values for JSON.

    Raises:
        ValueError: For categories that JSON cannot hold.
    """
    known = series.cat.categories
    values, name = known.tolist(), str(known.dtype)
    if not PLAIN.fullmatch(name) or not all(isinstance(value, str | int | float) for value in values):
        raise ValueError(f"categories of type {name} cannot be restored: convert column {series.name} to text")
    return {"values": values, "type": name} | ({"ordered": True} if series.cat.ordered else {})


def kind_of(name: str) -> Kind | None:
    """How a type of pandas is stored, categories by their numbers; None for types that cannot be stored."""
    if name == CATEGORY:
        return Kind(np.dtype(np.int32), False)
    if NUMBERS.fullmatch(name) or TIMES.fullmatch(name):
        return Kind(np.dtype(name), False)
    if NULLABLE.fullmatch(name):
        return Kind(np.dtype("bool" if name == "boolean" else name.lower()), True)
    if name == "string":
        return Kind(np.dtype(object), True)
    return Kind(np.dtype(object), False) if name in ("object", "str") else None


def kept(name: str) -> Kind:
    """As `kind_of`.

    Raises:
        ValueError: For types that cannot be stored.
    """
    found = kind_of(name)
    if found is None:
        raise ValueError(f"its form names {name!r}, a type of pandas that cannot be stored")
    return found


def column_at(frame: Any, place: int, start: int, stop: int) -> Column:
    """Rows `start` to `stop` of the column at `place`, or of the index at place -1.

    Raises:
        ValueError: For objects that are not text.
    """
    series = (frame.index if place == -1 else frame.iloc[:, place])[start:stop]
    kind = kept(str(series.dtype))
    missing = np.asarray(series.isna()) if kind.masked else None
    if str(series.dtype) == CATEGORY:
        return Column(series.cat.codes.to_numpy(np.int32))
    if not kind.is_text:
        values = (
            series.array.to_numpy(kind.dtype, na_value=kind.dtype.type(0)) if kind.masked else series.to_numpy()
        )
        return Column(values, missing)
    values = np.array(series.array, object)
    if missing is not None:
        values[missing] = None
    if not all(value is None or isinstance(value, str) or is_nan(value) for value in values):
        where = "its index" if place == -1 else f"its column {frame.columns[place]}"
        raise ValueError(f"`x` must have no objects but text. Received: other objects in {where}")
    return Column(values, missing)


def is_nan(value: Any) -> bool:
    """Whether a value is a float NaN."""
    return isinstance(value, float) and value != value


def frame_of(head: dict[str, Any], columns: list[Column], index: Column | None, n: int) -> Any:
    """The DataFrame of `n` rows with the head from `head_of`, these columns and this index."""
    import pandas as pd

    known = head.get("categories", {})
    named = {
        place: series_of(column, head["types"][place], known.get(str(place)))
        for place, column in enumerate(columns)
    }
    frame = pd.DataFrame(named, index=range(n))
    frame.columns = pd.RangeIndex(len(columns)) if head.get("numbered") else head["columns"]
    known = head.get("index", COUNTED)
    if index is None:
        start, step = known["from"]
        frame.index = pd.RangeIndex(start, start + n * step, step)
    else:
        frame.index = pd.Index(series_of(index, known["type"]))
    frame.index.name = known.get("name")
    return frame


def series_of(column: Column, name: str, categories: dict[str, Any] | None = None) -> Any:
    """A pandas Series of the type `name`.

    Raises:
        ValueError: For categories that are invalid, or do not fit the column.
    """
    import pandas as pd

    if name == CATEGORY:
        found = CATEGORIES(categories, "its form")
        if not PLAIN.fullmatch(found["type"]):
            raise ValueError(f"its form names categories of type {found['type']!r}")
        values = pd.Index(found["values"], dtype=found["type"])
        return pd.Series(pd.Categorical.from_codes(column.values, values, found.get("ordered", False)))
    if column.missing is None or column.values.dtype == object:
        return pd.Series(column.values, dtype=name)
    series = pd.Series(column.values).astype(name)
    series[column.missing] = pd.NA
    return series
