"""Numbers in text with the same signs around all of them: $1,200.50, 12 %, 80 kg, 1.200,50 €; (5) or 5- for -5."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from kvae.data.text.numbers import MINUS, PLAIN
from kvae.errors import InputError

if TYPE_CHECKING:
    import polars as pl

# Currencies before numbers; currencies, percent signs, degrees and units after them.
BEFORE = re.compile(r"^([$€£¥₹₽₩]|[A-Z]{2,3}\$?)\s?(?=[+-]?\d|[+-]?\.\d)")
BEHIND = re.compile(r"(?<=\d)\s?([%°€£$¥]|°?[A-Za-zµ²³/]{1,6})$")
# A number that begins with 0 is a code, such as a postal code: as a number it would lose its zeros.
CODE = r"^[+-]?0\d"
# A negative number as accountants write it, and as programs such as SAP do.
NEGATIVE = {"()": r"^\((.*)\)$", "-": rf"^(.*\d)[-{MINUS}]$"}
FIRST = "first"
# A decimal point with commas between thousands, and the other way round.
# Groups of thousands never begin with 0: in 0,125 the comma is a decimal sign.
WITH_COMMAS = r"^[+-]?([1-9]\d{0,2}(,\d{3})+|\d+)(\.\d+)?$"
WITH_POINTS = r"^[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?$"


@dataclass(frozen=True)
class Written:
    """How a column of text writes its numbers.

    Attributes:
        before, behind: Text before and after each number.
        thousands: The sign between thousands, if any.
        decimal: The decimal sign, empty for a point.
        negative: `()` where brackets stand around negative numbers, `-` where a minus stands behind, `first` where
            it stands before the text `before` (-$5, not $-5), else empty.
    """

    before: str = ""
    behind: str = ""
    thousands: str = ""
    decimal: str = ""
    negative: str = ""

    @property
    def form(self) -> dict[str, Any]:
        """Its part of `Column.form`: the attributes that are not empty."""
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def of(cls, form: Any) -> Written:
        """The inverse of `form`.

        Raises:
            InputError: For anything else, in a run folder that others wrote.
        """
        parts = {one.name: form.get(one.name, "") for one in fields(cls)}
        negatives = ("", FIRST, *NEGATIVE)
        if not all(isinstance(part, str) for part in parts.values()) or parts["negative"] not in negatives:
            raise InputError(f"a column of the learnt run has signs around its numbers that are invalid: {parts}")
        return cls(**parts)

    def example(self, decimals: int | None) -> str:
        """How a number is written, as the end of a message; empty for numbers without signs."""
        signs = self.before or self.behind or self.thousands or self.decimal
        return f", such as {self.text(1234.5, decimals)}" if signs else ""

    def read(self, column: pl.Series) -> pl.Series:
        """Text as numbers, null where it is no number, in another notation, or lacks the text around numbers."""
        import polars as pl

        plain = pl.col("text").str.strip_chars().str.replace_all(MINUS, "-", literal=True)
        marked = NEGATIVE.get(self.negative)
        below = pl.lit(False) if marked is None else plain.str.contains(marked)
        if marked is not None:
            plain = plain.str.replace(marked, "$1")
        if self.before:  # -$5 as well as $-5
            sign = plain.str.extract(r"^([+-])", 1).fill_null("")
            bare = plain.str.strip_chars_start("+-")
            plain = pl.when(bare.str.starts_with(self.before)).then(sign + bare.str.strip_prefix(self.before))
        if self.behind:
            plain = pl.when(plain.str.ends_with(self.behind)).then(plain.str.strip_suffix(self.behind))
        plain = self.with_points(plain.str.strip_chars())
        number = pl.when(plain.str.contains(PLAIN)).then(plain).cast(pl.Float64, strict=False)
        if marked is not None:  # not (-5), which may mean either
            number = pl.when(~below).then(number).when(~plain.str.contains("^[+-]")).then(-number)
        return pl.DataFrame({"text": column}).select(number.alias(column.name)).to_series()

    def with_points(self, plain: pl.Expr) -> pl.Expr:
        """Numbers without text around them, with a decimal point alone; null in another notation: 1.5 for 1,5."""
        import polars as pl

        if self.thousands:
            sign, decimal = re.escape(self.thousands), re.escape(self.decimal or ".")
            groups = rf"^[+-]?[1-9]\d{{0,2}}({sign}\d{{3}})+({decimal}\d*)?([eE][+-]?\d+)?$"
            other = plain.str.contains(self.thousands, literal=True) & ~plain.str.contains(groups)
            plain = pl.when(~other).then(plain.str.replace_all(self.thousands, "", literal=True))
        elif self.decimal:
            plain = pl.when(~plain.str.contains(".", literal=True)).then(plain)
        return plain.str.replace(self.decimal, ".", literal=True) if self.decimal else plain

    def write(self, numbers: pl.Series, decimals: int | None) -> pl.Series:
        """Numbers as the table writes them, rounded to `decimals`."""
        import polars as pl

        texts = [None if one is None else self.text(one, decimals) for one in numbers.to_list()]
        return pl.Series(numbers.name, texts, pl.String)

    def text(self, number: float, decimals: int | None) -> str:
        """One number."""
        if self.negative and number < 0:
            plain = self.text(-number, decimals)
            return {"()": f"({plain})", FIRST: f"-{plain}"}.get(self.negative, f"{plain}-")
        group = "," if self.thousands else ""
        plain = f"{number:{group}.{decimals}f}" if decimals is not None else f"{number:{group}}"
        if self.decimal:
            plain = plain.translate({ord("."): self.decimal, ord(","): self.thousands})
        return f"{self.before}{plain}{self.behind}"


def numbers_in(values: pl.Series, decimal: str = ".") -> tuple[Written, pl.Series, int] | None:
    """How distinct texts write numbers, the numbers, and their largest number of decimals.

    None unless all texts are numbers that are written in the same way. What can be read in two ways, such as
    1,500 €, is read with the sign `decimal` of the table.
    """
    plain = values.str.strip_chars()
    negative = next((sign for sign, pattern in NEGATIVE.items() if plain.str.contains(pattern).any()), "")
    if negative:
        if (
            plain.str.contains(NEGATIVE[negative]).all() or plain.str.contains(rf"^\(?\s*[-{MINUS}]").any()
        ):  # then they mean something else
            return None
        plain = plain.str.replace(NEGATIVE[negative], "$1")
    first = str(plain[0])
    before, behind = BEFORE.search(first.lstrip("+-")), BEHIND.search(first)
    around = (before[0] if before else "", behind[0] if behind else "")
    bare = plain.str.strip_chars_start("+-").str.strip_prefix(around[0])
    bare = bare.str.strip_suffix(around[1]).str.strip_chars()
    if bare.str.contains(CODE).any():
        return None
    if not negative and around[0] and plain.str.contains(rf"^[-{MINUS}]\s*{re.escape(around[0])}").any():
        negative = FIRST
    written = Written(*around, negative=negative)
    points = bare.str.contains(WITH_POINTS).all()
    as_table = decimal == "," and points and bare.str.contains("[.,]").any()
    if (any(around) or negative) and (as_table or bare.str.contains(",", literal=True).any()):
        if not as_table and bare.str.contains(WITH_COMMAS).all():
            written = replace(written, thousands=",")
        elif points:
            thousands = "." if bare.str.contains(".", literal=True).any() else ""
            written = replace(written, thousands=thousands, decimal=",")
        else:
            return None
    numbers = written.read(values)
    # Single digits with a minus behind may be grades, such as 2-.
    if numbers.null_count() or (negative == "-" and plain.str.contains(r"^\d$").all()):
        return None
    fractions = bare.str.extract(rf"{re.escape(written.decimal or '.')}(\d+)$", 1).str.len_chars()
    return written, numbers, int(fractions.max() or 0)  # type: ignore[arg-type]
