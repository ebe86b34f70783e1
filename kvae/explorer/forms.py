"""How a page writes the values of a table's column: as categories, as dates, or with decimals."""

import datetime
from typing import Any

from kvae.plots.text import plain
from kvae.table import Column

DAY = 86_400.0


def form_of(column: Column) -> dict[str, Any]:
    """The form of a column as plain values: `categories`, a `date` or `decimals`; empty if none is known."""
    if column.categories is not None:
        return {"categories": [plain(name, 80) for name in column.categories]}
    form = column.form
    if "origin" in form:  # the numbers are days since the origin
        origin = datetime.datetime.fromisoformat(form["origin"]).replace(tzinfo=datetime.UTC).timestamp()
        return {"date": {"origin": origin, "step": float(form.get("step", DAY))}}
    return {"decimals": int(form["decimals"])} if form.get("decimals") is not None else {}
