"""Columns of categories without an order."""

from typing import Any

import numpy as np

from kvae.data.kinds.categories import OTHER, CategoryKind
from kvae.data.kinds.id import is_code
from kvae.data.kinds.seen import Seen

# With more categories the likelihood is `large_categorical`, which needs no logit per category.
MANY = 256


class Categorical(CategoryKind):
    """Text, and whole numbers in a column that is named as a code."""

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
    """The categories that more than one row has, and `other`, for those of a single row and for new ones."""
    alone = set(np.asarray(categories)[np.asarray(seen.counts) == 1].tolist())
    return [text for text in categories if text not in alone and text != OTHER] + [OTHER]


KIND = Categorical()
