"""Columns of any numbers."""

from typing import Any

from kvae.data.kinds.numbers import NumberKind
from kvae.data.kinds.seen import Seen


class Continuous(NumberKind):
    """Numbers that no other kind recognises."""

    name = "continuous"
    rank = 95
    words = "numbers"

    def recognises(self, seen: Seen) -> bool:
        return seen.is_number

    def likelihood(self, seen: Seen) -> dict[str, Any]:
        return {"name": "quantile_mixture"}


KIND = Continuous()
