"""Columns of categories with an order: low, medium, high; grades; ranges of numbers; years."""

import re
from typing import Any

from kvae.data.kinds.categories import CategoryKind
from kvae.data.kinds.scales import GRADES, SCALES
from kvae.data.kinds.seen import Seen

FEWEST, MOST = 3, 12
# A column of ranges may have more categories.
MOST_RANGES = 60
NUMBER = r"[-+]?\d+(?:\.\d+)?"
PLAIN = re.compile(NUMBER)
RANGE = re.compile(
    rf"(?P<before>[<>≤≥]=?|under|over|up to|below|above|less than|more than|at least|[\[(])?\s*[$€£]?"
    rf"(?P<least>{NUMBER})\s*[kKmM%]?(?:\s*(?:-|–|—|to|,|\.\.|;)\s*[$€£]?(?P<most>{NUMBER}|inf)\s*[kKmM%]?)?\s*"
    r"(?P<behind>\+|[\])]|or more|or less|and over|and above|and under|or over|or older)?\s*"
    r"(?P<unit>[A-Za-z%]{0,8})",
    re.IGNORECASE,
)
GRADED = re.compile(r"(?i)grade|rating|note\b|mark")
BELOW = ("<", "≤", "<=", "under", "below", "up to", "less than")
ABOVE = (">", "≥", ">=", "over", "above", "more than", "at least")


class Ordinal(CategoryKind):
    """Words of a known scale, ranges of numbers, and 3 to 12 consecutive whole numbers that do not begin at 0."""

    name = "ordinal"
    rank = 40
    words = "categories with an order"

    def recognises(self, seen: Seen) -> bool:
        if seen.order is not None:
            return True
        if seen.is_whole:
            return is_grade(seen)
        return seen.is_text and (
            seen.distinct <= MOST_RANGES and order_of(seen.values.to_list(), seen.name) is not None
        )

    def ordered(self, seen: Seen, texts: list[str]) -> list[str]:
        if seen.order is not None:
            return list(seen.order)
        if seen.is_number:
            return sorted(texts, key=float)
        found = order_of(texts, seen.name)
        if found is None:
            raise ValueError(
                f"has no known order: give its categories from the lowest to the highest, as {texts[:5]}"
            )
        return found

    def likelihood(self, n_categories: int) -> dict[str, Any]:
        return {"name": "ordinal"}


def is_grade(seen: Seen) -> bool:
    """Whether whole numbers are few and consecutive, and do not begin at 0 as counts do."""
    least, most = seen.numbers.min(), seen.numbers.max()
    few = FEWEST <= seen.distinct <= MOST and 2 * seen.distinct <= seen.present
    return bool(few and least != 0 and most - least == seen.distinct - 1)


def order_of(texts: list[str], name: str = "") -> list[str] | None:
    """Texts from the lowest to the highest, if they are a known scale or ranges; else None."""
    plain = {text: " ".join(re.sub(r"(?<=\w)[_\-](?=\w)", " ", text).lower().split()) for text in texts}
    if len(texts) < FEWEST or len(set(plain.values())) < len(texts):
        return None
    for scale in (*SCALES, GRADES) if GRADED.search(name) else SCALES:
        places = {word: place for place, words in enumerate(scale) for word in words}
        found = [places.get(plain[text]) for text in texts]
        if None not in found and len(set(found)) == len(texts):
            return sorted(texts, key=lambda text: places[plain[text]])
    if len({unit_of(text) for text in texts}) > 1:
        return None
    keys = {text: range_of(text) for text in texts}
    ranges = [key for key in keys.values() if key is not None]
    if len(ranges) < len(texts) or len(set(ranges)) < len(texts) or all(map(PLAIN.fullmatch, texts)):
        return None
    return sorted(texts, key=lambda text: keys[text] or (0.0, 0.0))


def unit_of(text: str) -> str | None:
    """The unit after a range, such as year; None for any other text."""
    found = RANGE.fullmatch(text.strip())
    return None if found is None else found["unit"].lower().removesuffix("s")


def range_of(text: str) -> tuple[float, float] | None:
    """A key that sorts ranges such as 10-19, <5, 65+ or [0,10); None for any other text."""
    found = RANGE.fullmatch(text.strip())
    if found is None:
        return None
    least = float(found["least"])
    before, behind = (found["before"] or "").lower(), (found["behind"] or "").lower()
    if before in BELOW or behind in ("or less", "and under"):
        return (least, -1.0)
    if before in ABOVE or behind in ("+", "or more", "and over", "and above", "or over", "or older"):
        return (least, float("inf"))
    return (least, least if found["most"] is None else float(found["most"]))


KIND = Ordinal()
