"""DataFrames of pandas taken apart and made again: columns of numbers, times and text, and a simple index."""

import re
from typing import Any

import numpy as np

from kvae.data.original.pandas_frames.columns import Column, Kind

NUMBERS = re.compile(r"bool|(u?int|float)(8|16|32|64)")
NULLABLE = re.compile(r"boolean|(UInt|Int|Float)(8|16|32|64)")
TIMES = re.compile(r"(datetime64|timedelta64)\[(s|ms|us|ns)\]")
COUNTED = {"from": [0, 1]}


def head_of(frame: Any) -> dict[str, Any]:
    """What there is beside the columns' values: names, types, the index.

    Raises:
        ValueError: For names or an index that JSON does not hold.
    """
    import pandas as pd

    index = frame.index
    if isinstance(index, pd.MultiIndex) or isinstance(frame.columns, pd.MultiIndex):
        raise ValueError("an index, or names, of several levels cannot come back: pass x.reset_index()")
    names = [*frame.columns, *([] if index.name is None else [index.name])]
    if not all(isinstance(name, str | int) for name in names):
        raise ValueError("names that are neither text nor whole numbers cannot come back: rename them")
    counts = isinstance(index, pd.RangeIndex)
    known: dict[str, Any] = {"from": [index.start, index.step]} if counts else {"type": str(index.dtype)}
    known |= {} if index.name is None else {"name": index.name}
    head: dict[str, Any] = {"columns": list(frame.columns), "types": [str(dtype) for dtype in frame.dtypes]}
    head |= {} if known == COUNTED else {"index": known}
    return head | ({"numbered": True} if isinstance(frame.columns, pd.RangeIndex) else {})


def kind_of(name: str) -> Kind | None:
    """How a type of pandas is kept; None of those that are not, such as categories and times with a zone."""
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
        ValueError: For types that are not kept.
    """
    found = kind_of(name)
    if found is None:
        raise ValueError(f"its form names {name!r}, a type of pandas that is not kept")
    return found


def column_at(frame: Any, place: int, start: int, stop: int) -> Column:
    """Some rows of a column; at place -1 of the index.

    Raises:
        ValueError: For objects that are no text.
    """
    series = (frame.index if place == -1 else frame.iloc[:, place])[start:stop]
    kind = kept(str(series.dtype))
    missing = np.asarray(series.isna()) if kind.masked else None
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
        raise ValueError(f"`x` must have text where it has objects. Received: others in {where}")
    return Column(values, missing)


def is_nan(value: Any) -> bool:
    """Whether it is a float that is no number."""
    return isinstance(value, float) and value != value


def frame_of(head: dict[str, Any], columns: list[Column], index: Column | None, n: int) -> Any:
    """The table of `head_of` and its columns, all rows of them."""
    import pandas as pd

    named = {place: series_of(column, head["types"][place]) for place, column in enumerate(columns)}
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


def series_of(column: Column, name: str) -> Any:
    """A column of one of pandas's types."""
    import pandas as pd

    if column.missing is None or column.values.dtype == object:
        return pd.Series(column.values, dtype=name)
    series = pd.Series(column.values).astype(name)
    series[column.missing] = pd.NA
    return series
