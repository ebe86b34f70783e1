"""Warnings about columns with little information."""

from collections.abc import Iterable

import numpy as np

from kvae.data.inspection.seen import TableSeen
from kvae.data.inspection.warnings.notice import Notice, looks, rows, share, shown, together

MOSTLY, ALMOST = 0.5, 0.99
FEW_ROWS = 100
RARE = 5
# With fewer values, shares and rare categories are not checked.
ENOUGH = 50


@looks
def few_rows(seen: TableSeen) -> Iterable[Notice]:
    """A table with few rows."""
    if len(seen) < FEW_ROWS:
        text = f"{rows(len(seen))} {'is' if len(seen) == 1 else 'are'} few: what a model learns may be chance"
        yield Notice("few rows", text, place=1)


@looks
def mostly_empty(seen: TableSeen) -> Iterable[Notice]:
    """Learnt columns with more missing values than others, but for boxes that are ticked or not."""
    names = [one.name for one in seen.spec.columns if one.n_categories != 1]
    shares = {name: float(seen.missing[name].mean()) for name in names} if len(seen) else {}
    found = [(name, f"{share(part)} missing") for name, part in shares.items() if part > MOSTLY]
    yield from together("mostly empty", 20, found, "mostly empty", "Little can be learnt about them, or from them")


@looks
def almost_constant(seen: TableSeen) -> Iterable[Notice]:
    """Learnt columns in which nearly all rows have the same value."""
    found = []
    for column in seen.spec.columns:
        values = seen.values(column.name)
        values = values[np.isfinite(values)]
        if values.size < ENOUGH:
            continue
        different, counts = np.unique(values, return_counts=True)
        most = int(counts.argmax())
        if different.size > 1 and counts[most] > ALMOST * values.size:
            value = f"{different[most]:g}" if column.is_number else shown(named(column, int(different[most])))
            found.append((column.name, f"{value} in {share(counts[most] / values.size)}"))
    yield from together("almost constant", 22, found, "almost constant", "They hold little information")


@looks
def a_category_per_row(seen: TableSeen) -> Iterable[Notice]:
    """Columns with nearly as many categories as rows."""
    found = []
    for column in seen.categories:
        values = seen.values(column.name)
        n, different = int(np.isfinite(values).sum()), len(np.unique(values[np.isfinite(values)]))
        if n >= ENOUGH and different > MOSTLY * n:
            found.append((column.name, f"{different:,} categories in {rows(n)}"))
    yield from together(
        "a category per row", 24, found, "nearly one category per row", "They look like names or free text"
    )


@looks
def rare_categories(seen: TableSeen) -> Iterable[Notice]:
    """Categories with few rows."""
    found = []
    for column in seen.categories:
        values = seen.values(column.name)
        codes = values[np.isfinite(values)].astype(np.int64)
        if codes.size < ENOUGH:
            continue
        counts = np.bincount(codes)
        rare = np.flatnonzero((counts > 0) & (counts < RARE))
        if rare.size and rare.size < MOSTLY * codes.size:
            rarest = rare[np.argmin(counts[rare])]
            example = f"{shown(named(column, int(rarest)))} in {rows(int(counts[rarest]))}"
            found.append((column.name, example if rare.size == 1 else f"{rare.size:,} such, {example}"))
    yield from together(
        "rare categories", 40, found, f"categories with fewer than {RARE} rows", "Too few rows to learn about them"
    )


def named(column: object, code: int) -> str:
    """A category by its number."""
    categories = getattr(column, "categories", None)
    return str(code) if categories is None else categories[code]
