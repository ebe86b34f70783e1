"""Counts: whole numbers from 0 on."""

from typing import Any

import numpy as np

from kvae.data.kinds.numbers import NumberKind
from kvae.data.kinds.seen import Seen
from kvae.table import Column

LARGEST = 1000


class Count(NumberKind):
    """Whole numbers with the smallest 0, the largest at most 1000, and a mean of at most 100."""

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
        return {"name": "quantile_mixture"}

    def outside(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        return (numbers < 0) | ((numbers != np.floor(numbers)) & ~np.isnan(numbers))

    def within(self, numbers: np.ndarray, column: Column) -> np.ndarray:
        return np.maximum(np.rint(numbers), 0)


KIND = Count()
