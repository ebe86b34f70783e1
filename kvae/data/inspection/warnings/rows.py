"""Warnings about duplicate rows and columns, and about columns that determine the label."""

import hashlib
from collections.abc import Iterable

import numpy as np

from kvae.data.inspection.association import associations
from kvae.data.inspection.seen import TableSeen
from kvae.data.inspection.warnings.notice import Notice, looks, rows, share, shown, some, together
from kvae.table import Column

ENOUGH = 30
# A column with this association with the label may be a copy of it.
LEAKS = 0.98


@looks
def rows_twice(seen: TableSeen) -> Iterable[Notice]:
    """Rows that repeat an earlier row, apart from ids."""
    ids = [one.name for one in seen.spec.left_out if one.kind == "id"]
    again = rows_again(seen, ids)
    if again and seen.frame.width > len(ids):
        aside = f", apart from {some(map(shown, ids))}" if ids else ""
        text = (
            f"{rows(again)} ({share(again / len(seen))}) repeat{'s' if again == 1 else ''} an earlier row{aside}. "
            "If they are duplicates, remove them, or held-out rows may be learnt as well"
        )
        yield Notice("duplicate rows", text, place=34)


def rows_again(seen: TableSeen, ids: list[str]) -> int:
    """The number of rows that repeat an earlier one, without the columns `ids`."""
    frame = seen.frame.drop(ids)
    return len(frame) - frame.n_unique() if frame.width and len(frame) else 0


@looks
def columns_twice(seen: TableSeen) -> Iterable[Notice]:
    """Learnt columns with the same values, also under other names of the categories."""
    same: dict[bytes, list[str]] = {}
    for column in seen.spec.columns if len(seen) >= ENOUGH else ():
        same.setdefault(what_it_says(column, seen.values(column.name)), []).append(column.name)
    groups = [names for names in same.values() if len(names) > 1]
    if groups:
        which = some(" = ".join(map(shown, names)) for names in groups)
        text = f"columns with the same content: {which}. Each counts in the loss: leave out all but one of them"
        yield Notice("duplicate columns", text, tuple(name for names in groups for name in names), 35)


def what_it_says(column: Column, values: np.ndarray) -> bytes:
    """A hash of a column's content; categories are numbered by their first rows, whatever their names."""
    if not column.is_number:
        there = np.isfinite(values)
        _, first, places = np.unique(values[there], return_index=True, return_inverse=True)
        order = np.empty(len(first), np.int64)
        order[np.argsort(first, kind="stable")] = np.arange(len(first))
        values = values.astype(np.float64)
        values[there] = order[places]
    kind = b"number" if column.is_number else b"category"
    return hashlib.sha256(kind + np.asarray(values, np.float64).tobytes()).digest()


@looks
def tells_the_label(seen: TableSeen) -> Iterable[Notice]:
    """Columns that almost determine the label."""
    if seen.label not in seen.by_name or len(seen) < ENOUGH:
        return
    label = seen.spec.place(seen.label)
    found = []
    for place, column in enumerate(seen.spec.columns):
        if place != label:
            pair = associations(seen.x[:, [place, label]], [column, seen.spec.columns[label]])[0, 1]
            if pair >= LEAKS:
                found.append((column.name, f"association {pair:.2f}"))
    yield from together(
        "tells the label",
        36,
        found,
        f"columns that almost determine the label {shown(seen.label)}",
        "If they are computed from it, leave them out",
    )
