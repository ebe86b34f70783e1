"""Columns that say which row is which: they are nothing to learn."""

import re

from kvae.data.index import MANY_ROWS, NAMELESS, NUMBERING
from kvae.data.kinds.base import LeftOutKind
from kvae.data.kinds.seen import Seen

# As people name what says which row is which, whole or at the end: order_number, orderNumber.
NAMED = re.compile(r"(?i:(.*[\s_.-])?(idx|key|number|nr|no|num))|.*[a-z](Key|Number|Nr)")
# As people name codes, of which several rows may have one: shop_id, familyid, zipcode.
CODES = re.compile(r"(?i:.*ids?|(.*[\s_.-])?(uuid|guid|zip|plz)|.*code)")
# Other words that end so.
WORDS = re.compile(
    r"(?i).*(?:oid|quid|fluid|grid|solid|valid|rapid|humid|hybrid|covid|morbid|pyramid|candid|vivid|timid|stupid)s?$|"
    r"(?:.*[^a-z])?(?:p|s|m|r|l|pla|bra|ra)?aids?$|.*(?:afraid|acid|bid|kid|mid|lid|rid|orchid|eyelid)s?$"
)
FEWEST = 3
MANY_WORDS = 3


def is_code(name: str) -> bool:
    """Whether a column is called as codes are, of which several rows may have one."""
    return CODES.fullmatch(name) is not None and WORDS.fullmatch(name) is None


def names_rows(seen: Seen) -> bool:
    """Whether a column is called as those are that say which row is which."""
    name = seen.name
    return bool(NAMELESS.fullmatch(name) or name.lower() in NUMBERING or NAMED.fullmatch(name) or is_code(name))


class Id(LeftOutKind):
    """Another value in every row: running numbers, or short text."""

    name = "id"
    rank = 20
    words = "what says which row is which"

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
        return f"every row has another {'text' if seen.is_text else 'number'}"


KIND = Id()
