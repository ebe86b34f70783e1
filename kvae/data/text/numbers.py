"""Numbers in text: decimal signs, thousands separators, and signs of missing values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.text.format import TextFormat, sign, typed
from kvae.errors import InputError

if TYPE_CHECKING:
    import polars as pl

# The signs of missing values of pandas, and `?`, as in tables of the UCI repository.
MISSING = (
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null", "?",
)  # fmt: skip
BOOLEANS = {"true": "1", "false": "0"}
PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
NUMBER = re.compile(rf"(?i){PLAIN[:-1]}$|^[+-]?(inf|infinity|nan)$")
END = r"([eE][+-]?\d+)?$"
# A comma that can only be a decimal sign: not three digits after it, more than three before it, or only a 0.
COMMA_DECIMAL = rf"^[+-]?(\d*,(\d{{1,2}}|\d{{4,}})|\d{{4,}},\d+|0?,\d+){END}"
POINT_GROUPS = rf"^[+-]?\d{{1,3}}(\.\d{{3}})+,\d+{END}"
COMMA_GROUPS = rf"^[+-]?\d{{1,3}}(,\d{{3}})+\.\d*{END}|^[+-]?\d{{1,3}}(,\d{{3}}){{2,}}$"
MANY_POINTS = r"^[+-]?\d{1,3}(\.\d{3}){2,}$"
EITHER = r"^[+-]?\d{1,3},\d{3}$"
# Some statistical offices write it in place of the hyphen.
MINUS = "\N{MINUS SIGN}"
# Spaces between thousands, of all widths.
SPACES = " \u00a0\u2009\u202f"
SPACE_GROUPS = rf"^[+-]?\d{{1,3}}([{SPACES}']\d{{3}})+([.,]\d+)?$"


@dataclass(frozen=True)
class Notation:
    """How numbers are written: the decimal sign, and the sign between thousands, if any."""

    decimal: str = "."
    thousands: str | None = None

    def typed(self) -> str:
        """The keys that set it, as they are typed."""
        signs = typed("data.decimal", self.decimal)
        return f"{signs} {typed('data.thousands', self.thousands)}" if self.thousands else signs


def is_number(field: str, missing: Sequence[str] = MISSING) -> bool:
    """Whether a field is a number in any notation, `true` or `false`, or a sign of a missing value."""
    return not field or field in missing or field.casefold() in BOOLEANS or looks_like_number(field)


def looks_like_number(field: str) -> bool:
    """Whether a field is a number in any notation."""
    field = field.replace(MINUS, "-")
    if NUMBER.match(field):
        return True
    patterns = (COMMA_DECIMAL, POINT_GROUPS, COMMA_GROUPS, MANY_POINTS, EITHER, SPACE_GROUPS)
    return any(re.match(one, field) for one in patterns)


def missing_signs(fmt: TextFormat) -> tuple[str, ...]:
    """Signs of a missing value besides an empty field."""
    return MISSING if fmt.missing is None else tuple(one.strip() for one in fmt.missing)


def given_notation(fmt: TextFormat) -> Notation:
    """The notation that keys give, or the default one.

    Raises:
        InputError: For the same sign as decimal sign and between thousands.
    """
    decimal, thousands = sign(fmt.decimal), sign(fmt.thousands)
    if decimal is not None and decimal == thousands:
        raise InputError(f"data.decimal and data.thousands must differ. Received: both {fmt.decimal}")
    return Notation(decimal or ("," if thousands == "." else "."), thousands)


def find_notation(source: str, columns: list[pl.Series], fmt: TextFormat) -> tuple[Notation, str | None]:
    """The notation of the numbers in columns of text, and a message for the user if it is not the default.

    A notation is detected only where at least one number is possible in it alone, and all numbers agree.

    Raises:
        InputError: When numbers can be read in two ways, with what to type.
    """
    if fmt.decimal is not None or fmt.thousands is not None:
        return given_notation(fmt), None
    columns = [column.str.replace_all(MINUS, "-", literal=True) for column in columns]
    comma, points = example(columns, COMMA_DECIMAL), example(columns, POINT_GROUPS)
    groups, many, either = (example(columns, one) for one in (COMMA_GROUPS, MANY_POINTS, EITHER))
    apart = example(columns, SPACE_GROUPS)
    if apart:
        between = "apostrophe" if "'" in apart[1] else "space"
        sign = " data.decimal=comma" if comma or "," in apart[1] else ""
        raise InputError(
            f"{source}: {shown(apart)} seems to have a sign between thousands. Type data.thousands={between}{sign}"
        )
    fraction = example(columns, r"^[+-]?\d*\.\d+([eE][+-]?\d+)?$")
    if groups and (comma or points or many):
        raise two_ways(source, groups, comma or points or many)
    if comma or points:
        if fraction and not (points or many):
            raise two_ways(source, comma, fraction)
        notation = Notation(",", "." if points or many else None)
    elif groups or many:
        notation = Notation(".", ",") if groups else Notation(",", ".")
    elif either:
        raise InputError(
            f"{source}: in {shown(either)} the comma can be a decimal sign or stand between thousands. Type "
            f"{typed('data.decimal', ',')} or {typed('data.thousands', ',')}"
        )
    else:
        return Notation(), None
    example_of = shown(comma or points or groups or many)
    return notation, f"{source}: numbers such as {example_of} are read with {notation.typed()}"


def as_learnt(source: str, notation: Notation, columns: list[pl.Series]) -> str:
    """The message where numbers are read in the notation of the learnt table; a warning if only that decides.

    That is where a point may stand between thousands, and nothing in the columns of text shows that it does.
    """
    word = f"{source}: numbers are read with {notation.typed()}, as in the learnt table"
    points = example(columns, rf"^[+{MINUS}-]?\d{{1,3}}\.\d{{3}}$") if notation.thousands == "." else None
    if points is None or example(columns, r",|\..*\."):
        return word
    return (
        f"warning: {word}, so that {shown(points)} is {points[1].replace('.', '')}. If the point is a decimal "
        "sign, type data.decimal=point (in Python, read the file yourself and give its numbers)"
    )


def check_points(source: str, columns: list[pl.Series]) -> None:
    """Raise InputError where all points in a table separated by semicolons may stand between thousands.

    Such tables come from countries where the comma is the decimal sign, so that `1.500` may be 1500.
    """
    found = example(columns, r"^[+-]?\d*\.\d*")
    if found and not example(columns, r"\.(\d{0,2}|\d{4,}|\d{3}[^.].*)$|^[+-]?(0|\d{4,})?\.|\d[eE]"):
        raise InputError(
            f"{source}: in {shown(found)} the point can be a decimal sign or, as often in files with semicolons, "
            "stand between thousands. Type data.decimal=point or data.thousands=point"
        )


Example = tuple[str, str] | None


def example(columns: list[pl.Series], pattern: str) -> Example:
    """The name of a column and the first value in it that a pattern matches; None where there is none."""
    for column in columns:
        found = column.filter(column.str.contains(pattern))
        if len(found):
            return column.name, found[0]
    return None


def shown(found: Example) -> str:
    """An example, for a message."""
    return "" if found is None else f"{found[1]!r} in column {found[0]!r}"


def two_ways(source: str, one: Example, other: Example) -> InputError:
    """The error for numbers in two notations."""
    return InputError(
        f"{source} writes numbers in two ways: {shown(one)}, {shown(other)}. Use one notation in the file, or "
        "leave a column out with data.columns"
    )


def to_numbers(column: pl.Series, notation: Notation, missing: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """A column of stripped text as numbers, null where missing, and which of its fields are not numbers.

    A column of only `true` and `false` becomes 1 and 0.
    """
    import polars as pl

    same = [float(one) for one in missing if NUMBER.match(one)]
    if notation == Notation() and not any(np.isfinite(same)):
        numbers = column.cast(pl.Float64, strict=False)
        if not numbers.null_count():
            return numbers, numbers.is_null()
    column = column.str.replace_all(MINUS, "-", literal=True)
    column = pl.select(pl.when(column.is_in(["", *missing])).then(None).otherwise(column)).to_series()
    present = column.drop_nulls().str.to_lowercase()
    if len(present) and present.is_in(list(BOOLEANS)).all():
        column = column.str.to_lowercase().replace(BOOLEANS)
    numbers = as_points(column, notation).cast(pl.Float64, strict=False)
    bad = column.is_not_null() & numbers.is_null()
    if same:
        numbers = pl.select(pl.when(numbers.is_in(same)).then(None).otherwise(numbers)).to_series()
    return numbers, bad


def as_points(column: pl.Series, notation: Notation) -> pl.Series:
    """Numbers of a notation, rewritten with a decimal point and no sign between thousands; others become null."""
    import polars as pl

    decimal, thousands = notation.decimal, notation.thousands
    if (decimal, thousands) == (".", None):
        return column
    point = re.escape(decimal)
    grouped = r"\d+"
    if thousands is not None:
        one = f"[{SPACES}]" if thousands == " " else re.escape(thousands)
        grouped = rf"(\d+|\d{{1,3}}({one}\d{{2,3}})*{one}\d{{3}})"
        column_plain = column.str.replace_all(one, "")
    else:
        column_plain = column
    valid = column.str.contains(rf"(?i)^[+-]?({grouped}({point}\d*)?|{point}\d+){END}|^[+-]?(inf|infinity)$")
    plain = column_plain.str.replace(decimal, ".", literal=True)
    return pl.select(pl.when(valid).then(plain).otherwise(None)).to_series()
