"""Types of columns by their names in `Column.form`, which may come from a run folder of others: no code is run."""

from __future__ import annotations

import re
from typing import Any

from kvae.errors import InputError

TIMED = re.compile(r"(Datetime|Duration)\(time_unit='(ns|us|ms)'(?:, time_zone=(?:None|'([\w/+:-]+)'))?\)")
DECIMAL = re.compile(r"Decimal\((?:precision=(\d{1,2}|None), )?scale=(\d{1,2})\)")
MOST_DIGITS = 38


def type_called(name: str) -> Any:
    """The type of polars called `name`, such as Int64 or Decimal(precision=10, scale=2).

    Raises:
        InputError: For a name that is no type.
    """
    import polars as pl

    found = DECIMAL.fullmatch(name)
    if found is not None:
        scale, digits = int(found[2]), MOST_DIGITS if found[1] in (None, "None") else int(found[1])
        return pl.Decimal(digits if scale <= digits <= MOST_DIGITS else MOST_DIGITS, scale)
    timed = TIMED.fullmatch(name)
    if timed is not None:
        unit: Any = timed[2]
        return pl.Datetime(unit, timed[3]) if timed[1] == "Datetime" else pl.Duration(unit)
    found = getattr(pl, name, None)
    if not (isinstance(found, type) and issubclass(found, pl.DataType)):
        raise InputError(f"a column of the learnt run has the type {name!r}, which polars does not have")
    return found


def zone_in_type(name: str) -> str | None:
    """The time zone in the name of a type; None for a type without one."""
    timed = TIMED.fullmatch(name)
    return None if timed is None else timed[3]
