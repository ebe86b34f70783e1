"""Marks of missing values, such as -99.9, in a table or array that users pass to an estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.frames import is_frame
from kvae.data.table.given import from_given

if TYPE_CHECKING:
    import polars as pl


def is_nan(value: Any) -> bool:
    """Whether a mark of missing values is NaN, None, NaT or `pandas.NA`."""
    return value is None or is_na(value) or bool(value != value)


def is_na(value: Any) -> bool:
    """Whether a value is `pandas.NA`, whose comparisons are neither true nor false."""
    return type(value).__name__ == "NAType"


def na_as_nan(X: Any) -> Any:
    """Objects with NaN in the place of `pandas.NA`, which scikit-learn does not read; other types unchanged."""
    if isinstance(X, np.ndarray) and X.dtype == object:
        gone = np.fromiter(map(is_na, X.flat), bool, X.size).reshape(X.shape)
        return np.where(gone, np.nan, X) if gone.any() else X
    if hasattr(X, "iloc") and is_frame(X) and any(dtype.kind == "O" for dtype in X.dtypes):
        return X.where(X.notna(), np.nan)
    return X


def check_mark(value: Any) -> None:
    """Raise ValueError unless `value` can mark missing values."""
    if isinstance(value, str | int | float | np.number) or (np.ndim(value) == 0 and is_nan(value)):
        return
    raise ValueError(
        "`missing_values` must be numpy.nan, pandas.NA, None, a number or a text. "
        f"Received: missing_values={value!r}"
    )


def without(frame: pl.DataFrame, missing_values: Any) -> pl.DataFrame:
    """A table with null also where a value equals `missing_values`, if that is a text or a number."""
    import polars as pl

    text = isinstance(missing_values, str)
    if not text and not isinstance(missing_values, int | float | np.number):
        return frame
    columns = []
    for column in frame.iter_columns():
        if text and column.dtype in (pl.String, pl.Categorical, pl.Enum):
            gaps = column.cast(pl.String) == missing_values
        elif not text and column.dtype.is_numeric():
            gaps = column.cast(pl.Float64) == as_stored(missing_values, column.dtype == pl.Float32)
        else:
            gaps = pl.repeat(False, len(column), eager=True)
        columns.append(pl.select(pl.when(~gaps.fill_null(True)).then(column)).to_series().alias(column.name))
    return pl.DataFrame(columns)


def as_stored(number: Any, single: bool) -> float:
    """The mark of missing values as a column has it: -99.9 is another number in float32, which `single` says."""
    with np.errstate(over="ignore"):
        return float(np.float32(number)) if single else float(number)


def marked(X: np.ndarray, given: Any, missing_values: Any) -> np.ndarray:
    """Which of the numbers `X` `(n, n_columns)` are the mark `missing_values`.

    Args:
        X: The numbers, in one type.
        given: The same as they came; the columns of a DataFrame may have several types.
        missing_values: The mark; one that is no number is nowhere.
    """
    if not isinstance(missing_values, int | float | np.number):
        return np.zeros(X.shape, bool)
    if is_frame(given):
        return gaps_in(without(from_given(given), missing_values)) & ~np.isnan(X)
    return np.equal(X, as_stored(missing_values, X.dtype == np.float32))


def gaps_in(frame: pl.DataFrame) -> np.ndarray:
    """Which values of a polars DataFrame are missing, `(n, n_columns)`."""
    return np.array([frame[name].is_null().to_numpy() for name in frame.columns]).T
