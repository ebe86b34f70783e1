"""Columns with one value, or none: they hold no information."""

from kvae.data.kinds.base import LeftOutKind
from kvae.data.kinds.seen import Seen


class Constant(LeftOutKind):
    """The same value in all rows that have one."""

    name = "constant"
    rank = 0
    words = "one value in all rows"

    def recognises(self, seen: Seen) -> bool:
        return seen.distinct < 2 and seen.is_counted

    def why(self, seen: Seen) -> str:
        if not seen.distinct:
            return "it has no values"
        return f"it is always {seen.values[0]}" + (", or missing" if seen.missing else "")

    def value(self, seen: Seen) -> bool | int | float | str | None:
        """The single value, as the table writes it; None for a column without values."""
        if not seen.distinct:
            return None
        value = seen.values[0]
        if seen.written is not None and seen.written.form:
            return seen.written.text(float(value), seen.decimals)
        return value if isinstance(value, bool | int | float | str) else str(value)


KIND = Constant()
