"""Columns of numbers from 0 with a long tail: incomes, prices, durations; they may have many zeros."""

from typing import Any

import numpy as np

from kvae.data.kinds.numbers import NumberKind
from kvae.data.kinds.seen import Seen
from kvae.table import Column

SKEWED = 1.0
# Likelihoods that do not allow 0.
OF_LOGARITHMS = ("log_normal", "gamma")


class Positive(NumberKind):
    """Numbers of at least 0 whose logarithms are much less skewed."""

    name = "positive"
    rank = 60
    words = "positive numbers"

    def recognises(self, seen: Seen) -> bool:
        if not seen.is_number or seen.numbers.min() < 0 or np.isinf(seen.numbers).any():
            return False
        above = (seen.numbers > 0) & np.isfinite(seen.numbers)
        numbers, counts = seen.numbers[above], seen.counts[above]
        if len(numbers) < 3:
            return False
        skew = skewness(numbers, counts)
        return skew > SKEWED and abs(skewness(np.log(numbers), counts)) < skew / 2

    def likelihood(self, seen: Seen) -> dict[str, Any]:
        if seen.numbers.min() < 0:
            raise ValueError(f"holds {seen.numbers.min():g}, which is not positive")
        return {"name": "quantile_mixture"}

    def outside(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        return numbers <= 0 if column.likelihood["name"] in OF_LOGARITHMS else numbers < 0

    def within(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        return np.maximum(numbers, 0)


def skewness(numbers: np.ndarray, counts: np.ndarray) -> float:
    """The third standardised moment of distinct numbers with their `counts`."""
    share = counts / counts.sum()
    scaled = numbers / np.abs(numbers).max() if np.abs(numbers).max() else numbers
    away = scaled - share @ scaled
    variance = share @ away**2
    return float(share @ away**3 / variance**1.5) if variance > 0 else 0.0


KIND = Positive()
