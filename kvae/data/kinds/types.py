"""Types of columns by their names in `Column.form`, which may come from a run folder of others: no code is run."""

from __future__ import annotations

import re
from typing import Any

from kvae.errors import InputError

SCALE = re.compile(r"Decimal\(.*scale=(\d{1,2})\)")


def type_called(name: str) -> Any:
    """The type of polars called `name`, such as Int64 or Decimal(precision=10, scale=2).

    Raises:
        InputError: For a name that is no type.
    """
    import polars as pl

    scale = SCALE.fullmatch(name)
    if scale is not None:
        return pl.Decimal(None, int(scale[1]))
    found = getattr(pl, name, None)
    if not (isinstance(found, type) and issubclass(found, pl.DataType)):
        raise InputError(f"a column of the learnt run has the type {name!r}, which polars does not have")
    return found
