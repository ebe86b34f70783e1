"""Counts: whole numbers from 0 on."""

from typing import Any

import numpy as np

from kvae.data.kinds.numbers import NumberKind
from kvae.data.kinds.seen import Seen
from kvae.table import Column

LARGEST = 1000
# Of the variance over the mean, which is 1 of a Poisson distribution.
EVEN = (0.8, 1.2)


class Count(NumberKind):
    """Whole numbers that begin at 0, of which the small ones are frequent."""

    name = "count"
    rank = 50
    words = "counts: whole numbers from 0 on"

    def recognises(self, seen: Seen) -> bool:
        if not seen.is_whole or seen.numbers.min() != 0:
            return False
        return bool(seen.numbers.max() <= LARGEST and seen.moments[0] <= LARGEST / 10)

    def likelihood(self, seen: Seen) -> dict[str, Any]:
        if not seen.is_whole or seen.numbers.min() < 0:
            raise ValueError("holds negative numbers or fractions, which are no counts")
        mean, variance = seen.moments
        ratio = variance / mean if mean else 1.0
        if ratio < EVEN[0]:
            return {"name": "histogram"}
        return {"name": "poisson" if ratio <= EVEN[1] else "negative_binomial"}

    def outside(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        return (numbers < 0) | ((numbers != np.floor(numbers)) & ~np.isnan(numbers))

    def within(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        return np.maximum(np.rint(numbers), 0)


KIND = Count()
