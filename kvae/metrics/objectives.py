"""The objective that runs are compared by."""

import math
from collections.abc import Mapping


def objective_in(metrics: Mapping[str, float], name: str) -> tuple[str, float]:
    """The name and the value of an objective; a run without held-out rows has `loss` instead of `val_loss`.

    The value is NaN if there is neither.
    """
    found = name if name in metrics else name.removeprefix("val_")
    return (found, metrics[found]) if found in metrics else (name, math.nan)
