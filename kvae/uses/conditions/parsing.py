"""Parses conditions on the columns of a table, given as texts and numbers."""

import logging
from typing import Any

import numpy as np

from kvae.data.table.parts import is_part
from kvae.errors import InputError
from kvae.table import Column, TableSpec
from kvae.uses.conditions.categories import did_you_mean, of_category
from kvae.uses.conditions.condition import Condition, Equal, Gap, Within
from kvae.uses.conditions.numbers import of_number
from kvae.uses.conditions.typed import as_mapping

log = logging.getLogger(__name__)


def conditions(where: Any, table: TableSpec, key: str = "mode.where") -> tuple[Condition, ...]:
    """Conditions on the rows of a table, from a mapping of column names to conditions, or the text of one.

    A condition is the text of a category or a list of them, a number, a range (`">60"`, `">=3"`, `"<2020-01-01"`,
    or `"10..20"` with both ends), or None for a gap. Draws nothing.

    Args:
        where: `{"sex": "female", "age": ">60", "island": ["Biscoe", "Dream"], "height": None}`.
        table: What the columns mean.
        key: Name of `where` in messages.

    Raises:
        InputError: For a column that was not learnt, a category that does not exist, or what is neither a number
            nor a range.
    """
    given = as_mapping(where, key)
    return tuple(condition(name, value, table, key) for name, value in given.items())


def condition(name: str, value: Any, table: TableSpec, key: str) -> Condition:
    """The condition that `value` puts on the column `name`."""
    column = column_of(name, table, key)
    if is_part(column):
        raise InputError(
            f"{key} names {name!r}, which is a part of the column {column.form['part_of']!r}. Give a range "
            "of that column"
        )
    place, here = table.place(name), f"{key}.{name}"
    if value is None:
        if column.missing != "learn":
            raise InputError(
                f"{here}=null asks for a gap, and gaps of this column were not learnt. Learn with "
                f"data.missing=learn, or leave {name} out of {key}"
            )
        return Gap(place, f"{name} is missing")
    if column.is_number:
        found = of_number(column, place, value, here)
        if is_beyond(found, column):
            log.warning("warning: no learnt row has %s: the model extrapolates to such rows", found.said)
        return found
    return of_category(column, place, value, here)


def column_of(name: str, table: TableSpec, key: str) -> Column:
    """The learnt column of that name."""
    if name in table.names:
        return table.columns[table.place(name)]
    for left in table.left_out:
        if left.name == name:
            raise InputError(f"{key} names the column {name!r}, which was not learnt: {left.why}")
    raise InputError(
        f"{key} names the column {name!r}, which this run did not learn.{did_you_mean(name, table.names)} "
        f"Learnt columns: {', '.join(table.names)}"
    )


def is_beyond(found: Condition, column: Column) -> bool:
    """Whether a condition is outside the range of the numbers that were learnt."""
    low, high = (float(column.coding.get(end, np.nan)) for end in ("low", "high"))
    if isinstance(found, Equal):
        return bool(found.value < np.float32(low) or found.value > np.float32(high))
    return isinstance(found, Within) and all(end < low or start >= high for start, end in found.edges)
