"""Columns of ids, which identify the rows: they are not learnt."""

import re

from kvae.data.index import MANY_ROWS, NAMELESS, NUMBERING
from kvae.data.kinds.base import LeftOutKind
from kvae.data.kinds.seen import Seen

# Names of columns of ids, whole or at the end: order_number, orderNumber.
NAMED = re.compile(r"(?i:(.*[\s_.-])?(idx|key|number|nr|no|num))|.*[a-z](Key|Number|Nr)")
# Names of columns of codes, which several rows may share: shop_id, familyid, zipcode.
CODES = re.compile(r"(?i:.*ids?|(.*[\s_.-])?(uuid|guid|zip|plz)|.*code)")
# Other words with these endings.
WORDS = re.compile(
    r"(?i).*(?:oid|quid|fluid|grid|solid|valid|rapid|humid|hybrid|covid|morbid|pyramid|candid|vivid|timid|stupid)s?$|"
    r"(?:.*[^a-z])?(?:p|s|m|r|l|pla|bra|ra)?aids?$|.*(?:afraid|acid|bid|kid|mid|lid|rid|orchid|eyelid)s?$"
)
FEWEST = 3
MANY_WORDS = 3


def is_code(name: str) -> bool:
    """Whether the name of a column is that of a code, which several rows may share."""
    return CODES.fullmatch(name) is not None and WORDS.fullmatch(name) is None


def names_rows(seen: Seen) -> bool:
    """Whether the name of a column is that of an id or a code."""
    name = seen.name
    return bool(NAMELESS.fullmatch(name) or name.lower() in NUMBERING or NAMED.fullmatch(name) or is_code(name))


class Id(LeftOutKind):
    """A different value in every row: running numbers, numbers under a name for ids, or short text."""

    name = "id"
    rank = 20
    words = "ids of the rows"

    def recognises(self, seen: Seen) -> bool:
        if seen.distinct < seen.present or seen.present < FEWEST:
            return False
        if seen.is_text:
            return seen.n_words <= MANY_WORDS
        if not seen.is_whole or seen.written is not None:
            return False
        return names_rows(seen) or (seen.is_running and seen.n >= MANY_ROWS)

    def why(self, seen: Seen) -> str:
        if seen.is_running:
            return "it numbers the rows"
        return f"every row has a different {'text' if seen.is_text else 'number'}"


KIND = Id()
