"""Columns of free text, and of types that are not learnt, such as lists."""

import re

from kvae.data.kinds.base import LeftOutKind
from kvae.data.kinds.seen import Seen

# A column whose share of distinct texts is larger is free text: it says nothing about other rows.
OWN = 0.9
FEWEST, FEW = 3, 20
WORDS, OFTEN = 5, 0.2
# A type of another library, by its name.
EXTENSION = re.compile(r"Extension\('([^']+)'")


class Text(LeftOutKind):
    """Text of many words, or a different one in nearly every row."""

    name = "text"
    rank = 25
    words = "free text"

    def recognises(self, seen: Seen) -> bool:
        if not seen.is_text:
            return not (seen.is_number or seen.values.dtype.is_temporal() or str(seen.values.dtype) == "Boolean")
        if seen.order is not None or seen.distinct < FEWEST:
            return False
        own = seen.distinct > OWN * seen.present
        return own or (seen.distinct >= FEW and seen.n_words >= WORDS and seen.distinct > OFTEN * seen.present)

    def why(self, seen: Seen) -> str:
        if not seen.is_text:
            own = EXTENSION.match(seen.dtype)  # such as a period of pandas in a Parquet file
            return f"it holds {own[1] if own else seen.dtype.partition('(')[0]}, which is not learnt"
        share = f"{seen.distinct:,} different texts in {seen.present:,} rows"
        return f"free text: {share}"


KIND = Text()
