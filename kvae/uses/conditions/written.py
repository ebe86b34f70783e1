"""How a table writes a column's values: the step between them, and the number that a text means."""

import datetime
from typing import Any

import numpy as np

from kvae.data.kinds import kind_called
from kvae.data.kinds.moments import in_learnt_zone, is_span
from kvae.data.table.rows import encode_value
from kvae.options.rules import is_number
from kvae.runs.csv_values import plain
from kvae.table import Column

# Raised when a text is not a value of the column.
WRONG = (ValueError, TypeError, OverflowError)
DAY = 86_400.0  # seconds; dates are days as numbers


def step_of(column: Column) -> float | None:
    """The distance between neighbouring values that the table writes; None where any number may be written."""
    if column.kind == "count":
        return 1.0
    if column.kind == "date":
        return float(column.form.get("step", DAY)) / DAY
    decimals = column.form.get("decimals")
    return None if decimals is None else 10.0 ** -int(decimals)


def as_written(column: Column, number: float) -> str:
    """A number of a column as the table writes it."""
    return str(plain(kind_called(column.kind).write(np.array([number]), column).to_frame()).item())


def read_number(column: Column, value: Any) -> float:
    """The number that a value means in a column; dates are written as in the table, or as 2020-01-31.

    Raises:
        ValueError, TypeError, OverflowError: For what is not a value of the column.
    """
    if column.kind == "date":
        return read_date(column, value)
    if not (isinstance(value, str) or is_number(value)):
        raise TypeError(f"{value!r} is no number")
    try:
        return float(value)
    except ValueError:
        return encode_value(value, column)  # as the table writes numbers, such as $1,200


def read_date(column: Column, value: Any) -> float:
    """A date, given as a date or as text, in days; without a time zone it is one in the zone of the column."""
    try:
        return encode_value(value, column)
    except WRONG:
        if is_span(column.form):  # a date is no time of day
            raise
        moment = datetime.datetime.fromisoformat(str(value))
        return encode_value(in_learnt_zone(moment, column.form), column)
