"""Columns of two values: yes and no, 0 and 1, true and false."""

from typing import Any

from kvae.data.kinds.categories import CategoryKind
from kvae.data.kinds.seen import Seen

FIRST = ("0", "false", "no", "n", "f", "off", "absent", "negative", "none", "never", "nein", "non")


class Binary(CategoryKind):
    """Columns with exactly two distinct values."""

    name = "binary"
    rank = 30
    words = "one of two values"

    def recognises(self, seen: Seen) -> bool:
        return seen.distinct == 2 and (seen.is_text or seen.is_number or str(seen.values.dtype) == "Boolean")

    def ordered(self, seen: Seen, texts: list[str]) -> list[str]:
        if len(texts) != 2:
            raise ValueError(f"holds {len(texts)} different values, not 2")
        if seen.order is not None:
            return list(seen.order)
        numbers = seen.is_number
        return sorted(texts, key=lambda text: (float(text) if numbers else text.lower() not in FIRST, text))

    def likelihood(self, n_categories: int) -> dict[str, Any]:
        if n_categories != 2:
            raise ValueError(f"has {n_categories} categories, and a binary column has 2")
        return {"name": "bernoulli"}


KIND = Binary()
