"""Columns that say which row is which: they are nothing to learn."""

import re

from kvae.data.index import NAMELESS, NUMBERING
from kvae.data.kinds.base import LeftOutKind
from kvae.data.kinds.seen import Seen

# As people name what says which row is which.
NAMED = re.compile(r"(?i)(.*[\s_.-])?(id|ids|uuid|guid|idx|key|number|nr|no|num)|.*[a-z](Id|ID|Key|Number|Nr)")
# As people name codes, of which several rows may have one.
CODES = re.compile(
    r"(?i)(.*[\s_.-])?(id|ids|uuid|guid|code|zip|zipcode|zip_code|postcode|plz)|.*[a-z](Id|ID|Code)"
)
FEWEST = 3
MANY_WORDS = 3


def names_rows(seen: Seen) -> bool:
    """Whether a column is called as such columns are."""
    return bool(NAMELESS.fullmatch(seen.name) or seen.name.lower() in NUMBERING or NAMED.fullmatch(seen.name))


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
        return names_rows(seen) or seen.is_running

    def why(self, seen: Seen) -> str:
        return "every row has another text" if seen.is_text else "it numbers the rows"


KIND = Id()
