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

        plain = pl.col("text").str.strip_chars().str.replace_all(MINUS, "-", literal=True)
        if self.before:  # -$5 as well as $-5
            sign = plain.str.extract(r"^([+-])", 1).fill_null("")
            bare = plain.str.strip_chars_start("+-")
            plain = pl.when(bare.str.starts_with(self.before)).then(sign + bare.str.strip_prefix(self.before))
        if self.behind:
            plain = pl.when(plain.str.ends_with(self.behind)).then(plain.str.strip_suffix(self.behind))
        plain = plain.str.strip_chars()
        if self.thousands:
            plain = plain.str.replace_all(self.thousands, "", literal=True)
        number = pl.when(plain.str.contains(PLAIN)).then(plain).cast(pl.Float64, strict=False)
        return pl.DataFrame({"text": column}).select(number.alias(column.name)).to_series()

    def write(self, texts: pl.Series) -> pl.Series:
        """Plain numbers as the table writes them, without signs between thousands."""
        import polars as pl

        around = pl.concat_str(pl.lit(self.before), pl.col(texts.name), pl.lit(self.behind))
        return texts.to_frame().select(around.alias(texts.name)).to_series()


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
