"""Types of columns by their names, as the form of a column has them: it may come with a foreign run folder."""

from __future__ import annotations

import re
from typing import Any

from kvae.errors import InputError

SCALE = re.compile(r"Decimal\(.*scale=(\d{1,2})\)")


def type_called(name: str) -> Any:
    """The type of a name, such as Int64 or Decimal(precision=10, scale=2).

    Raises:
        InputError: For what is none.
    """
    import polars as pl

    scale = SCALE.fullmatch(name)
    if scale is not None:
        return pl.Decimal(None, int(scale[1]))
    found = getattr(pl, name, None)
    if not (isinstance(found, type) and issubclass(found, pl.DataType)):
        raise InputError(f"what was learnt of a table's column names the type {name!r}, which is none")
    return found
