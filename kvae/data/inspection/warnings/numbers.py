"""Warnings about numbers that may mean a missing value, or are far from all others."""

from collections.abc import Iterable

import numpy as np

from kvae.data.inspection.seen import TableSeen
from kvae.data.inspection.warnings.notice import Notice, looks, rows, together

# Numbers that are often written for a missing value.
SIGNS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)
FEW, ENOUGH = 2, 20
# The least distance of such a sign from other numbers, and of an outlier from the median, in spreads of these.
APART, FAR = 1.0, 20.0
RARE = 0.005


@looks
def signs_of_missing(seen: TableSeen) -> Iterable[Notice]:
    """Numbers such as -999 in several rows, as smallest or largest value and far from the others."""
    found, signs = [], []
    for column in seen.numbers:
        if column.kind == "date":
            continue
        for value, count in sign_in(seen.values(column.name)):
            found.append((column.name, f"{value:g} in {rows(count)}"))
            signs.append(f"{value:g}")
    typed = ",".join(dict.fromkeys([*signs, *seen.signs_there]))
    quotes = '"' if "'" in typed else ""
    yield from together(
        "signs of missing",
        30,
        found,
        "numbers that look like signs of a missing value",
        f"If they are, type {quotes}data.missing_signs=[{typed}]{quotes}",
    )


def sign_in(values: np.ndarray) -> list[tuple[float, int]]:
    """Values that may mean a missing value, each with its number of rows."""
    values = values[np.isfinite(values)].astype(np.float64)
    different, counts = np.unique(values, return_counts=True)
    found = []
    for place in {0, different.size - 1}:
        if different.size < 3 or different[place] not in SIGNS or counts[place] < FEW:
            continue
        rest = values[values != different[place]]
        if rest.size < ENOUGH:
            continue
        low, high = np.quantile(rest, (0.05, 0.95))
        nearest = rest.max() if place else rest.min()
        if abs(different[place] - nearest) > APART * (high - low):
            found.append((float(different[place]), int(counts[place])))
    return found


@looks
def outliers(seen: TableSeen) -> Iterable[Notice]:
    """Values that are far from all others; for positive numbers, far on the logarithmic scale too."""
    found = []
    for column in seen.numbers:
        values = seen.values(column.name).astype(np.float64)
        far = np.unique(values[far_away(values)])
        far = far[~np.isin(far, [value for value, _ in sign_in(values)])]
        if far.size and column.kind != "date":
            numbers = ", ".join(f"{value:g}" for value in far[:3]) + (", ..." if far.size > 3 else "")
            found.append((column.name, f"{numbers}; half of all values are {middle(values)}"))
    yield from together("far away", 32, found, "values far from all others", "Check whether they are errors")


def far_away(values: np.ndarray) -> np.ndarray:
    """Which of the values `(n,)` are outliers, as booleans; none where there are too many, as in a long tail."""
    there = np.isfinite(values)
    far = there.copy()
    scales = [values] if (values[there] <= 0).any() else [values, np.log(np.where(there, values, 1.0))]
    for scale in scales:
        known = scale[there]
        if known.size < ENOUGH:
            return np.zeros(len(values), bool)
        low, first, median, third, high = np.quantile(known, (0.02, 0.25, 0.5, 0.75, 0.98))
        spread = max(third - first, (high - low) / 3)
        far &= np.abs(scale - median) > FAR / len(scales) * spread if spread > 0 else False
    return far if far.sum() <= max(FEW, RARE * there.sum()) else np.zeros(len(values), bool)


def middle(values: np.ndarray) -> str:
    """The range of the middle half of the values, for a sentence."""
    first, third = np.quantile(values[np.isfinite(values)], (0.25, 0.75))
    return f"{first:g} to {third:g}"
