"""Later rows against what a run knows of the learnt values: values that it clips, and rows in other units.

Only rows that no ordinary data could be count as rows in other units: black images, constant rows, and a few
outliers never do.
"""

import math
from collections.abc import Sequence

import numpy as np

from kvae.data.precision import some_of
from kvae.data.scaling import Scaling
from kvae.data.spec import InputSpec

# float32 rounds: a value so little beyond the learnt range, as a share of its ends and its width, is not clipped.
ROUNDED = 1e-6
# Rows must have so many values, and columns so many, before their units are doubted.
MIN_VALUES, MIN_ROWS = 64, 8
# Learnt values up to this or more may be bytes or percentages; those from 0 to 1, with so many fractions, are not.
LARGE, FRACTIONS = 50.0, 8
# A column is in other units where half of its values are so many standard deviations from the mean, or all of them
# are less than this share of the mean.
FAR, SMALL = 30.0, 0.02
# Columns that are named, and values that are looked at together.
SHOWN, AT_ONCE = 3, 2**22


def what_is_odd(x: np.ndarray, spec: InputSpec, source: str, in_unit: bool = False) -> str | None:
    """A message on later rows that a run clips, or that seem to be in other units than the learnt ones; else None.

    Args:
        x: Later rows in their own units `(n, *spec.shape)`; rows of NaN are left out.
        spec: What the run knows of the learnt rows.
        source: How messages call the rows.
        in_unit: Whether the learnt values are known to be in [0, 1] before they are scaled.
    """
    kind, size = spec.scaling.kind, np.size(spec.scaling.offset)
    if spec.table is not None or not len(x) or (kind == "none" and not in_unit):
        return None
    whole = np.ndim(spec.scaling.offset) == 0
    if not (whole or size == math.prod(x.shape[1:])):
        return None
    names = None if whole else spec.columns
    clipped = what_is_clipped(x, spec.scaling, names, whole) if spec.scaling.clip else None
    some = finite(some_of(x), whole)
    units = what_units(some, spec.scaling, names, whole, in_unit) if some.size else None
    if clipped is None and units is None:
        return None
    found = "; ".join(one for one in (clipped, units) if one is not None)
    asked = f". If {source} is in other units, convert it to those of the learnt run" if units is not None else ""
    return f"{source}: {found}{asked}"


def finite(x: np.ndarray, whole: bool) -> np.ndarray:
    """Rows without NaN and infinity, `(n, columns)` float64; as one column where they count as a `whole`."""
    values = np.asarray(x, np.float64).reshape(len(x), -1)
    values = values[np.isfinite(values).all(axis=1)]
    return values.reshape(-1, 1) if whole else values


def what_is_clipped(x: np.ndarray, scaling: Scaling, names: Sequence[str] | None, whole: bool) -> str | None:
    """How many values of all rows `x` are outside the learnt range, and in which columns; in bounded memory."""
    low, width = np.ravel(scaling.offset), np.ravel(scaling.divisor)
    counts, n_values = np.zeros(len(low), int), 0
    least, most = np.full(len(low), np.inf), np.full(len(low), -np.inf)
    step = max(1, AT_ONCE // math.prod(x.shape[1:]))
    for start in range(0, len(x), step):
        values = finite(x[start : start + step], whole)
        beyond = are_clipped(values, scaling)
        counts, n_values = counts + beyond.sum(axis=0), n_values + values.size
        least = np.minimum(least, np.min(values, axis=0, where=beyond, initial=np.inf))
        most = np.maximum(most, np.max(values, axis=0, where=beyond, initial=-np.inf))
    if not counts.any():
        return None
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    texts = []
    for i in order[:SHOWN]:
        learnt = f"learnt {low[i]:.6g} to {low[i] + width[i]:.6g}, received {least[i]:.6g} to {most[i]:.6g}"
        texts.append(learnt if whole else f"{called(i, names)} {counts[i]:,} ({learnt})")
    more = f" and {len(order) - SHOWN} more columns" if len(order) > SHOWN else ""
    head = f"{counts.sum():,} of {n_values:,} values are outside the learnt range and are clipped to it"
    return f"{head} ({texts[0]})" if whole else f"{head}: {', '.join(texts)}{more}"


def what_units(
    values: np.ndarray, scaling: Scaling, names: Sequence[str] | None, whole: bool, in_unit: bool
) -> str | None:
    """A message where values `(n, columns)` as a whole are far too small or too large for the learnt ones."""
    if in_unit and scaling.kind == "none":
        lit = values[values != 0]
        if lit.size >= MIN_VALUES and np.median(lit) > 2.0:
            return f"values are up to {values.max():.6g}, and the run learnt values from 0 to 1"
        return None
    offset, divisor = np.ravel(scaling.offset), np.ravel(scaling.divisor)
    varies = divisor != 1.0
    tops = {"divisor": divisor, "minmax": offset + divisor, "standard": np.abs(offset) + divisor}
    top = tops.get(scaling.kind, np.zeros(1))[varies]
    if top.size and top.min() >= LARGE and are_shares(values):
        learnt = "divided by" if scaling.kind == "divisor" else "learnt up to about"
        return f"all values are from 0 to 1, with fractions, and those of the run were {learnt} {top.max():.6g}"
    if scaling.kind == "minmax":
        many = values.size >= MIN_VALUES and are_clipped(values, scaling).mean() > 0.5
        return "these are more than half of all values" if many else None
    if scaling.kind != "standard" or len(values) < MIN_ROWS:
        return None
    away = np.median(np.abs(values - offset) / divisor, axis=0)
    large = np.abs(values).max(axis=0)
    tiny = (large < SMALL * np.abs(offset)) & (np.abs(offset) > divisor / 2)
    odd = np.flatnonzero(((away > FAR) | (tiny & (not whole))) & (np.ptp(values, axis=0) > 0)).tolist()
    if not odd:
        return None
    i = odd[0]
    where = "values" if whole else f"values of {called(i, names)}"
    more = f" (and {len(odd) - 1} more columns)" if odd[1:] else ""
    return (
        f"{where} are from {values[:, i].min():.6g} to {values[:, i].max():.6g}, and the run learnt a mean of "
        f"{offset[i]:.6g} and a standard deviation of {divisor[i]:.6g}{more}"
    )


def are_clipped(values: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Which values `(n, columns)` are outside the learnt range, by more than rounding."""
    low, width = np.ravel(scaling.offset), np.ravel(scaling.divisor)
    slack = ROUNDED * (width + np.abs(low))
    return (values < low - slack) | (values > low + width + slack)


def are_shares(values: np.ndarray) -> bool:
    """Whether values are from 0 to 1, and enough of them are different fractions."""
    if values.size < MIN_VALUES or values.min() < 0 or values.max() > 1:
        return False
    return len(np.unique(values[(values > 0) & (values < 1)][:100_000])) >= FRACTIONS


def called(i: int, names: Sequence[str] | None) -> str:
    """The name of column `i`, for messages."""
    return f"column {i}" if names is None else repr(names[i])
