"""Tables that users pass to an estimator, as rows of numbers with missing values, and back in their own form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.frames import is_frame
from kvae.data.kinds import CannotReadError, kind_called
from kvae.data.kinds.seen import is_counted
from kvae.data.table.as_came import wider
from kvae.data.table.columns_file import Said
from kvae.data.table.filling import TableToFill
from kvae.data.table.given import from_given
from kvae.data.table.in_pandas import in_pandas
from kvae.data.table.inferring import Wishes, learn_columns, with_codings
from kvae.data.table.marks import without
from kvae.data.table.parts import is_part
from kvae.data.table.rows import encode
from kvae.data.table.seeing import see_all
from kvae.errors import InputError
from kvae.table import Column, TableSpec

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class LearntTable:
    """The columns of a table that an estimator has learnt.

    Attributes:
        spec: The columns to learn with a model; None without such columns.
        constants: The single value of each constant column, by name.
        empty: Names of columns without any value.
        stay: Names of columns that are not learnt, and whose missing values are not filled.
    """

    spec: TableSpec | None
    constants: dict[str, Any]
    empty: tuple[str, ...]
    stay: tuple[str, ...]


def is_mixed(X: Any) -> bool:
    """Whether `X` is a DataFrame that holds anything but numbers."""
    return is_frame(X) and not all(dtype.is_numeric() for dtype in from_given(X).dtypes)


def as_polars(X: Any, missing_values: Any) -> pl.DataFrame:
    """A DataFrame, or an array of numbers `(n, n_columns)`, as polars, with null for missing values."""
    import polars as pl

    if is_frame(X):
        return without(from_given(X), missing_values)
    columns = [pl.Series(f"x{place}", np.ascontiguousarray(column)) for place, column in enumerate(X.T)]
    return pl.DataFrame(columns).with_columns(pl.all().fill_nan(None))


def check_order(came: Sequence[str], learnt: Sequence[str]) -> None:
    """Raise InputError unless columns came in the order of `fit`; scikit-learn compares only names of text."""
    for name, other in zip(came, learnt, strict=True):
        if name != other:
            raise InputError(
                "`X` must have the columns of `fit`, in their order: pass X[learnt.columns], where `fit` got the "
                f"DataFrame `learnt`. Received: column {name!r} in the place of {other!r}"
            )


def learn_table(frame: pl.DataFrame) -> LearntTable:
    """Recognise the columns of a table as `data=table` does, except that numbers are never ids. Draws nothing.

    Raises:
        InputError: For columns that cannot be learnt, such as dates with an ambiguous format.
    """
    present = {name: frame[name].drop_nulls() for name in frame.columns}
    distinct = {name: found.unique() for name, found in present.items() if is_counted(found)}
    empty = tuple(name for name, found in present.items() if len(found) == 0)
    constants = {name: found[0] for name, found in distinct.items() if len(found) == 1}
    rest = frame.select(name for name in frame.columns if name not in empty and name not in constants)
    if not rest.width:
        return LearntTable(None, constants, empty, ())
    seen = see_all(rest)
    said: dict[str, Said] = {}
    for one in seen:
        try:
            learn_columns([one], Wishes())
        except InputError:  # an id or free text
            said[one.name] = Said("continuous") if one.is_number else Said(leave_out=True)
    stay = tuple(name for name, one in said.items() if one.leave_out)
    if len(stay) == rest.width:
        return LearntTable(None, constants, empty, stay)
    spec = learn_columns(seen, Wishes(said=said))
    return LearntTable(with_codings(spec, encode(rest, spec)), constants, empty, stay)


def rows_of(frame: pl.DataFrame, spec: TableSpec, coarse: list[str] | None = None) -> tuple[np.ndarray, list[str]]:
    """Rows as a model takes them, `(n, n_columns)` float32, and the names of columns with new values.

    New values, which their columns cannot have, become missing values. `coarse` as in `encode`.
    """
    import polars as pl

    odd = []
    for column in spec.columns:
        if is_part(column):
            continue
        values = frame[column.name]
        distinct = values.drop_nulls().unique()
        fits = readable(distinct, column)
        if not all(fits):
            odd.append(column.name)
            known = values.is_in(distinct.filter(pl.Series(fits)).to_list())
            frame = frame.with_columns(pl.select(pl.when(known).then(values)).to_series().alias(column.name))
    return encode(frame, spec, coarse=coarse), odd


def readable(values: pl.Series, column: Column) -> list[bool]:
    """Whether each of the values is one that the column can have."""
    try:
        kind_called(column.kind).read(values, column)
    except CannotReadError:
        if len(values) == 1:
            return [False]
        half = len(values) // 2
        return [*readable(values[:half], column), *readable(values[half:], column)]
    return [True] * len(values)


def filled(frame: pl.DataFrame, learnt: LearntTable, x: np.ndarray | None) -> pl.DataFrame:
    """A table with missing values filled: from the rows `x` of a model, and in constant columns by their value.

    Columns of numbers without any value are filled with 0.
    """
    import polars as pl

    if learnt.spec is not None and x is not None:
        names = frame.columns
        gaps = np.zeros(x.shape, bool)
        for place, column in enumerate(learnt.spec.columns):
            if column.name in names:
                gaps[:, place] = frame[column.name].is_null().to_numpy()
        frame = TableToFill(frame, learnt.spec).filled(frame, gaps, x)
    numbers = {name: 0 for name in learnt.empty if name in frame.columns and frame[name].dtype.is_numeric()}
    for name, one in learnt.constants.items():
        if isinstance(frame[name].dtype, pl.Enum):
            dtype = wider(frame[name].dtype, pl.Series([str(one)]), ())
            frame = frame.with_columns(pl.col(name).cast(dtype))
    return frame.with_columns(
        pl.col(name).fill_null(pl.lit(one)) for name, one in {**learnt.constants, **numbers}.items()
    )


def filled_numbers(X: np.ndarray, done: pl.DataFrame) -> np.ndarray:
    """Numbers `(n, n_columns)` with NaN replaced by values of the filled table `done`, or 0 where it has none."""
    X = X.copy()
    for place, column in enumerate(done.iter_columns()):
        gaps = np.isnan(X[:, place])
        X[gaps, place] = column.cast(float).fill_null(0.0).to_numpy()[gaps]
    return X


def filled_frame(
    X: Any, came: pl.DataFrame, done: pl.DataFrame, names: Sequence[str], beside: dict[str, np.ndarray]
) -> Any:
    """The DataFrame `X`, in its own library, with missing values filled.

    Args:
        X: The DataFrame as it was given.
        came: The same in polars, with null for missing values.
        done: The same in polars, filled.
        names: Names of the columns to keep.
        beside: Columns to append.
    """
    import narwhals as nw

    if hasattr(X, "iloc"):
        X = X.copy()
        for place, name in enumerate(came.columns):
            gaps = (came[name].is_null() & done[name].is_not_null()).to_numpy()
            if gaps.any():
                X.isetitem(place, in_pandas(X.iloc[:, place].copy(), gaps, done[name]))
        X = X.iloc[:, [came.columns.index(name) for name in names]]
        if X.columns.nlevels == 1:
            return X.assign(**beside) if beside else X
        X = X.copy()
        for name, values in beside.items():
            X[(name, *[""] * (X.columns.nlevels - 1))] = values
        return X
    table = nw.from_native(done.select(names), eager_only=True)
    library = nw.get_native_namespace(nw.from_native(X, eager_only=True))
    columns = {name: table[name].to_list() for name in names} | {k: v.tolist() for k, v in beside.items()}
    whole = done.select(names).with_columns(**{name: _as_series(values) for name, values in beside.items()})
    return whole if library.__name__ == "polars" else nw.from_dict(columns, backend=library).to_native()


def _as_series(values: np.ndarray) -> pl.Series:
    import polars as pl

    return pl.Series(values)
