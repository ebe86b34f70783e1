"""DataFrames of pandas, polars and others as arrays: columns of numbers are taken; others raise, by name."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def is_frame(value: Any) -> bool:
    """Whether `value` is a table with named columns, whichever library made it."""
    kind = type(value)  # not the instance: a lazy table would compute its columns
    return hasattr(kind, "columns") and (hasattr(kind, "dtypes") or hasattr(kind, "schema"))


def frame_numbers(name: str, frame: Any) -> tuple[np.ndarray, list[str]]:
    """A table `(n, n_columns)` as float64, and its columns' names; missing values become NaN.

    Booleans are 0 and 1. Integers and booleans that allow missing values are numbers as well.

    Args:
        name: How messages call the table.
        frame: A DataFrame of any library that narwhals supports.

    Raises:
        ValueError: For columns that hold no numbers, and for names that occur twice.
    """
    import narwhals as nw

    table = in_memory(name, frame)
    others = [column for column, dtype in table.schema.items() if not (dtype.is_numeric() or dtype == nw.Boolean)]
    if others:
        found = ", ".join(f"{column} ({table[column].to_native().dtype})" for column in others[:10])
        raise ValueError(
            f"`{name}` must have columns of numbers: drop the others, or make numbers of them, as "
            f"pandas.get_dummies does of categories. Received: {found}{', ...' if len(others) > 10 else ''}"
        )
    numbers = table.select(nw.all().cast(nw.Float64)).to_numpy()
    return np.asarray(numbers, np.float64).reshape(table.shape), [str(column) for column in table.columns]


def in_memory(name: str, frame: Any) -> Any:
    """A table of any library as narwhals has it.

    Raises:
        ValueError: For a table that is not in memory or of another library, and for names that occur twice.
    """
    import narwhals as nw

    try:
        table = nw.from_native(frame, eager_only=True)
        _ = table.schema  # some libraries find names that occur twice only here
    except TypeError as error:
        raise not_in_memory(name, frame) from error
    except nw.exceptions.DuplicateError as error:
        twice = ", ".join(names_twice(frame))
        raise ValueError(
            f"`{name}` must name every column once: rename or drop one. Received twice: {twice}"
        ) from error
    return table


def check_collected(name: str, given: Any) -> None:
    """Raise ValueError for a lazy table, of which NumPy would make an array without its values."""
    if is_frame(given) and hasattr(type(given), "collect") and not hasattr(type(given), "__array__"):
        raise not_in_memory(name, given)


def not_in_memory(name: str, frame: Any) -> ValueError:
    """The error for a table that narwhals does not read."""
    kind = type(frame)
    known = hasattr(kind, "to_pandas") and not hasattr(kind, "collect")  # a batch of records of pyarrow
    how = ".to_pandas()" if known else ".collect() or .to_numpy()"
    return ValueError(
        f"`{name}` must be a table in memory: call {how} first. Received: {kind.__module__}.{kind.__name__}"
    )


def names_of(value: Any) -> tuple[Any, ...] | None:
    """Names of a DataFrame's columns, text or numbers, in its order; None for anything else."""
    if not is_frame(value):
        return None
    return tuple(getattr(value, "column_names", value.columns))  # in tables of pyarrow `columns` are the values


def names_twice(frame: Any) -> list[str]:
    """Names, as text, that several columns of a DataFrame have."""
    names = list(map(str, names_of(frame) or ()))
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def check_columns(name: str, came: Sequence[str], learnt: Sequence[Any]) -> None:
    """Raise ValueError unless a table has the columns that were learnt, in their order."""
    pairs = enumerate(zip(came, map(str, learnt), strict=True))
    where = next((place for place, (one, other) in pairs if one != other), None)
    if where is None:
        return
    raise ValueError(
        f"`{name}` must have the columns that `fit` learnt, in their order: pass x[list(vae.columns)]. "
        f"Received: {came[where]!r} in the place of {learnt[where]!r}"
    )
