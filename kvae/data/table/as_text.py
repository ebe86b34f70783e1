"""Which columns of a learnt table are text, and are not read as numbers from a text file."""

from __future__ import annotations

import re

from kvae.table import Column, TableSpec

# A number that is written as its category after it was read as a number.
WHOLE = re.compile(r"-?[1-9]\d{0,14}|0")


def learnt_as_text(spec: TableSpec | None) -> set[str]:
    """Names of the columns that were learnt as text, and are not read as numbers."""
    return set() if spec is None else {one.name for one in spec.columns if is_text(one)}


def is_text(column: Column) -> bool:
    """Whether a column is text: as numbers, its categories 1.1 and 1.10 would be the same.

    Categories that are all whole numbers may be read as numbers, so that 2.0 is 2.
    """
    dtype = column.form.get("dtype")
    if dtype in ("Categorical", "Enum"):
        return not all(WHOLE.fullmatch(one) for one in column.categories or ())
    return bool(dtype == "String")
