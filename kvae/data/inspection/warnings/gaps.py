"""Warnings about where values are missing."""

from collections.abc import Iterable

import numpy as np

from kvae.data.inspection.association import associations_with
from kvae.data.inspection.seen import TableSeen
from kvae.data.inspection.warnings.notice import Notice, looks, shown, together

# Fewer rows with, or without, a value tell nothing about the others.
ENOUGH = 20
# The least association of a column with whether a value of another is missing: this, and 3 / sqrt(rows), which it
# seldom reaches by chance.
CLEARLY, BY_CHANCE = 0.3, 3.0


@looks
def missing_by_others(seen: TableSeen) -> Iterable[Notice]:
    """Columns of which other columns tell whether a value is missing, such as the wages of those without work."""
    columns, gaps = seen.spec.columns, np.isnan(seen.x)
    enough = np.minimum(gaps.sum(axis=0), (~gaps).sum(axis=0)) >= ENOUGH
    places = [j for j, column in enumerate(columns) if enough[j] and column.missing == "ignore"]
    least = max(CLEARLY, BY_CHANCE / max(1, len(seen)) ** 0.5)
    found = []
    for j, row in zip(places, np.nan_to_num(associations_with(gaps[:, places], seen.x, columns)), strict=True):
        k = int(row.argmax())
        if row[k] >= least:
            found.append((columns[j].name, f"{shown(columns[k].name)}, association {row[k]:.2f}"))
    yield from together(
        "missing by others",
        21,
        found,
        "whether a value is missing depends on another column",
        "If a missing value means something, such as not applicable, let the model learn where values are "
        "missing: data.missing=learn",
    )
