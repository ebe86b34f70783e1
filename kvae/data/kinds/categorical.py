"""Columns of categories without an order."""

from typing import Any

import numpy as np

from kvae.data.kinds.categories import OTHER, CategoryKind
from kvae.data.kinds.id import is_code
from kvae.data.kinds.seen import Seen

# More have a likelihood of their own, which does not hold a logit for each.
MANY = 256


class Categorical(CategoryKind):
    """Text, and whole numbers that are names."""

    name = "categorical"
    rank = 48
    words = "categories"

    def recognises(self, seen: Seen) -> bool:
        return seen.is_text or (seen.is_whole and is_code(seen.name) and seen.distinct < seen.present)

    def ordered(self, seen: Seen, texts: list[str]) -> list[str]:
        return texts

    def likelihood(self, n_categories: int) -> dict[str, Any]:
        return {"name": "categorical" if n_categories <= MANY else "large_categorical"}


def with_other(seen: Seen, categories: list[str]) -> list[str]:
    """The categories with one for all others: those that a single row has, and any that come later."""
    alone = set(np.asarray(categories)[np.asarray(seen.counts) == 1].tolist())
    return [text for text in categories if text not in alone and text != OTHER] + [OTHER]


KIND = Categorical()
