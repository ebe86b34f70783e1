"""What float32, in which models compute, does not hold of a column: said, for nothing is changed in silence."""

from __future__ import annotations

import numpy as np

from kvae.table import Column

SECONDS_PER_DAY = 86_400.0
LEAST = float(np.finfo(np.float32).tiny)


def what_is_rounded(exact: np.ndarray, column: Column) -> str | None:
    """A sentence where the last digits of numbers are lost; None where none is.

    Args:
        exact: The numbers `(n,)` in float64, NaN where one is missing.
        column: What they mean; its form says how fine they are written.
    """
    finite = exact[np.isfinite(exact)]
    if not column.is_number or not finite.size:
        return None
    if np.any(np.abs(finite) == LEAST):
        return f"{column.name!r}: numbers nearer to 0 than {LEAST:.1g}, the least of float32, are taken as that"
    unit = unit_of(column)
    held = finite.astype(np.float32).astype(np.float64)
    away = np.abs(held - finite)
    if unit is None or away.max() <= unit / 2:
        return None
    if column.kind == "date":
        seconds = away.max() * SECONDS_PER_DAY
        return f"{column.name!r}: times so far apart are learnt to within {seconds:.2g} s, as float32 holds them"
    digits = int(column.form["decimals"])
    worst = int(away.argmax())
    example = f"{finite[worst]:.{digits}f} is learnt as {held[worst]:.{digits}f}"
    return f"{column.name!r}: numbers of so many digits are rounded, as float32 holds them: {example}"


def unit_of(column: Column) -> float | None:
    """The least step between the numbers of a column as its table writes them; None where that is not known."""
    if column.kind == "date":
        return float(column.form.get("step", SECONDS_PER_DAY)) / SECONDS_PER_DAY
    decimals = column.form.get("decimals")
    return None if decimals is None else 10.0 ** -int(decimals)
