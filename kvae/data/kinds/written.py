"""Numbers in text with the same signs around each of them: $1,200.50, 12 %, 80 kg."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kvae.data.text.numbers import MINUS, PLAIN

if TYPE_CHECKING:
    import polars as pl

# Before numbers stand currencies, behind them also percent signs, degrees and units.
BEFORE = re.compile(r"^([$€£¥₹₽₩]|[A-Z]{2,3}\$?)\s?(?=[+-]?\d|[+-]?\.\d)")
BEHIND = re.compile(r"(?<=\d)\s?([%°€£$¥]|°?[A-Za-zµ²³/]{1,6})$")
# A number that begins so is a code, such as a postal one: as a number it would lose its zeros.
CODE = r"^[+-]?0\d"
GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"


@dataclass(frozen=True)
class Written:
    """How a column of text writes its numbers.

    Attributes:
        before, behind: What stands around each.
        thousands: The sign between thousands, if any.
    """

    before: str = ""
    behind: str = ""
    thousands: str = ""

    @property
    def form(self) -> dict[str, Any]:
        """What is noted of it."""
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def of(cls, form: Any) -> Written:
        """What `form` gave."""
        return cls(*(form.get(name, "") for name in ("before", "behind", "thousands")))

    def read(self, column: pl.Series) -> pl.Series:
        """Text as numbers, null where it is none, or lacks the signs."""
        import polars as pl

        plain = column.str.strip_chars().str.replace_all(MINUS, "-", literal=True)
        sign = plain.str.extract(r"^([+-])", 1).fill_null("") if self.before else None
        if self.before:  # -$5 as well as $-5
            plain = plain.str.strip_chars_start("+-")
            plain = pl.select(pl.when(plain.str.starts_with(self.before)).then(sign + plain.str.strip_prefix(self.before)))
            plain = plain.to_series().alias(column.name)
        if self.behind:
            kept = pl.when(plain.str.ends_with(self.behind)).then(plain.str.strip_suffix(self.behind))
            plain = pl.select(kept).to_series().alias(column.name)
        plain = plain.str.strip_chars()
        if self.thousands:
            plain = plain.str.replace_all(self.thousands, "", literal=True)
        numbers = pl.select(pl.when(plain.str.contains(PLAIN)).then(plain)).to_series().cast(pl.Float64, strict=False)
        return numbers.alias(column.name)

    def write(self, texts: pl.Series) -> pl.Series:
        """Plain numbers as the table writes them, without signs between thousands."""
        return (self.before + texts + self.behind).alias(texts.name)


def numbers_in(values: pl.Series) -> tuple[Written, pl.Series] | None:
    """How distinct texts write numbers, and the numbers; None unless all of them do, in one way."""
    first = str(values[0])
    before, behind = BEFORE.search(first.lstrip("+-")), BEHIND.search(first)
    written = Written(before[0] if before else "", behind[0] if behind else "")
    bare = values.str.strip_chars().str.strip_chars_start("+-").str.strip_prefix(written.before)
    bare = bare.str.strip_suffix(written.behind).str.strip_chars()
    if bare.str.contains(CODE).any():
        return None
    if (written.before or written.behind) and bare.str.contains(",", literal=True).any():
        if not bare.str.contains(rf"{GROUPED}|{PLAIN}").all():
            return None
        written = Written(written.before, written.behind, ",")
    numbers = written.read(values)
    return None if numbers.null_count() else (written, numbers)
