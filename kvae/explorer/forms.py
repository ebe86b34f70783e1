"""How a page writes the values of a table's column: as categories, as dates, or with decimals."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kvae.plots.text import plain
from kvae.table import Column

DAY = 86_400.0
# Of a column with more categories a page holds only those of its rows.
MANY_CATEGORIES = 10_000


def form_of(column: Column) -> dict[str, Any]:
    """The form of a column as plain values: `categories`, a `date` or `decimals`; empty if none is known."""
    if column.categories is not None:
        return {"categories": [plain(name, 80) for name in column.categories]}
    form = column.form
    if "origin" in form:  # the numbers are days since the origin
        origin = datetime.datetime.fromisoformat(form["origin"]).replace(tzinfo=datetime.UTC).timestamp()
        return {"date": {"origin": origin, "step": float(form.get("step", DAY))}}
    return {"decimals": int(form["decimals"])} if form.get("decimals") is not None else {}


def with_own_categories(
    columns: Sequence[Column], x: np.ndarray, x_hat: np.ndarray | None
) -> tuple[list[Column], np.ndarray, np.ndarray | None]:
    """Rows and reconstructions `(n, n_columns)`, in which large columns have only the categories that occur.

    The categories of a column with more than `MANY_CATEGORIES` are numbered anew: at most `2 n` are left.
    """
    both = x.copy() if x_hat is None else np.concatenate([x, x_hat])
    kept = list(columns)
    for place, column in enumerate(columns):
        if column.categories is None or len(column.categories) <= MANY_CATEGORIES:
            continue
        there = ~np.isnan(both[:, place])
        numbers, both[there, place] = np.unique(both[there, place].astype(int), return_inverse=True)
        own = tuple(column.categories[number] for number in numbers)
        kept[place] = replace(column, categories=own, n_categories=len(own))
    return kept, both[: len(x)], None if x_hat is None else both[len(x) :]
