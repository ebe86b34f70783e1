"""The column of a learnt table that `data.label_column` names."""

from kvae.data.columns import find
from kvae.table import TableSpec


def label_place(table: TableSpec, label: str | float | None) -> int | None:
    """The position of the label in an observation; None without a label, or where it was not learnt.

    Args:
        table: The learnt table.
        label: `data.label_column`: the name of a column, or its number in the file, from 0.
    """
    if label is None:
        return None
    order = table.order or table.names
    place = find(label, order, len(order))
    if place is None or order[place] not in table.names:
        return None
    return table.place(order[place])
