"""From what is asked of a table's columns, in words and numbers, to conditions on the rows of a model."""

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
    """Conditions on the rows of a table, of a mapping from columns to what is asked of them, or a text of one.

    A category is asked for by its text, several by a list of them; a number by itself, or by a range: `">60"`,
    `">=3"`, `"<2020-01-01"`, `"10..20"` with both ends; a gap by None. Draws nothing.

    Args:
        where: `{"sex": "female", "age": ">60", "island": ["Biscoe", "Dream"], "height": None}`.
        table: What the columns mean.
        key: What messages call `where`.

    Raises:
        InputError: For a column that is not learnt, a category that does not exist, something that is no number or
            no range.
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
                f"data.missing=learn, or leave {name} out of it"
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
    """Whether a condition asks for numbers beyond all that were learnt."""
    low, high = (float(column.coding.get(end, np.nan)) for end in ("low", "high"))
    if isinstance(found, Equal):
        return bool(found.value < np.float32(low) or found.value > np.float32(high))
    return isinstance(found, Within) and all(end < low or start >= high for start, end in found.edges)
