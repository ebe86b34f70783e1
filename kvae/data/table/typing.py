"""Types of the columns of a text file: numbers, in any notation, where all values are numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from kvae.data.kinds.written import CODE, NEGATIVE, numbers_in
from kvae.data.raw_table import Frame
from kvae.data.table.as_text import learnt_as_text
from kvae.data.table.spelling import spelling_of
from kvae.data.text.numbers import (
    BOOLEANS,
    COMMA_DECIMAL,
    COMMA_GROUPS,
    EITHER,
    MANY_POINTS,
    MINUS,
    PLAIN,
    POINT_GROUPS,
    SPACE_GROUPS,
    Notation,
    as_learnt,
    as_points,
    check_points,
    find_notation,
    given_notation,
    missing_signs,
)
from kvae.errors import InputError, quoted
from kvae.options.quoting import shell
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl

# A number in any notation; `nan` is not among them, as it is a sign of a missing value.
ANY_NUMBER = "|".join(
    f"(?:{one})" for one in (PLAIN, COMMA_DECIMAL, POINT_GROUPS, COMMA_GROUPS, MANY_POINTS, EITHER, SPACE_GROUPS)
)
INFINITE = r"(?i)^[+-]?inf(inity)?$"
# Up to so many distinct texts among so many distinct numbers may be signs of missing values; more are names.
FEW_SIGNS, MANY_NUMBERS = 5, 20
# A letter beside a digit, as in 136A: then the column holds names, the numbers too.
CODE_SIGN = r"[A-Za-z]\d|\d[A-Za-z]"


def typed(frame: Frame, spec: TableSpec | None = None, as_text: Collection[str] = ()) -> Frame:
    """A table in which columns of text become numbers where all their values are; missing values become null.

    Args:
        frame: The table; one that is not from a text file is returned as it is.
        spec: The spec of a learnt table: columns that were learnt as text stay text.
        as_text: Names of columns that are set to categories or text: numbers and words may be mixed there.

    Raises:
        InputError: When numbers can be read in two ways, or a few other texts are among many numbers.
    """
    import polars as pl

    if frame.lines is None:
        return frame
    signs, stay = missing_signs(frame.fmt), learnt_as_text(spec)
    columns, numeric = told_apart(frame, stay)
    spellings = {}
    taken = {one.name: signs_in(one, signs) for one in frame.data.iter_columns()}
    there = list(dict.fromkeys(sign for found in taken.values() for sign in found))
    notation = notation_of(frame, numeric)
    for name, column in columns.items():
        if name in numeric:
            columns[name] = to_numbers(frame, column, notation, signs)
        elif name not in stay:
            columns[name] = truth_values(column)
            if columns[name].dtype == pl.Boolean:
                spellings[name] = spelling_of(column)
            if name not in as_text and not told_negative(frame, column, spec):
                check_few_signs(frame, column, there)
    return replace(
        frame,
        data=pl.DataFrame(list(columns.values())),
        notation=notation,
        signs={name: found for name, found in taken.items() if found},
        spellings=spellings,
    )


def signs_in(column: pl.Series, signs: tuple[str, ...]) -> dict[str, int]:
    """The signs of missing values in a column of text, each with its number of rows."""
    found = column.filter(column.is_in(list(signs))).value_counts(sort=True, name="rows")
    return dict(zip(found.to_series(0).to_list(), found["rows"].to_list(), strict=True))


def told_apart(frame: Frame, stay: set[str]) -> tuple[dict[str, pl.Series], dict[str, pl.Series]]:
    """The columns of a text file with null for missing values, and those of them that are numbers, by name."""
    signs = missing_signs(frame.fmt)
    columns = {one.name: without_signs(one, signs) for one in frame.data.iter_columns()}
    return columns, {name: one for name, one in columns.items() if name not in stay and holds_numbers(one)}


def notation_in(frame: Frame, spec: TableSpec | None = None) -> Notation:
    """The notation of the numbers in a text file.

    Raises:
        InputError: When they can be read in two ways.
    """
    return notation_of(frame, told_apart(frame, learnt_as_text(spec))[1])


def without_signs(column: pl.Series, signs: tuple[str, ...]) -> pl.Series:
    """A column of text with null for missing values."""
    import polars as pl

    return pl.select(pl.when(~column.is_in(["", *signs])).then(column)).to_series().alias(column.name)


def holds_numbers(column: pl.Series) -> bool:
    """Whether all values of a column of text are numbers, and none of them a code such as 007."""
    present = column.drop_nulls()
    if not len(present) or not is_any_number(present.head(20)).all():
        return False
    present = present.unique()
    return bool(is_any_number(present).all()) and not present.str.contains(CODE).any()


def is_any_number(column: pl.Series) -> pl.Series:
    """Which texts are numbers, in any notation."""
    return column.str.replace_all(MINUS, "-", literal=True).str.contains(f"{ANY_NUMBER}|{INFINITE}")


def notation_of(frame: Frame, columns: dict[str, pl.Series]) -> Notation:
    """The notation of the numbers in some columns of a table; adds a message to `frame.words` if detected."""
    given = given_notation(frame.fmt)
    if given != Notation():
        return given
    if frame.fmt.learnt is not None and all(
        fits(one, learnt := Notation(*frame.fmt.learnt)) for one in columns.values()
    ):
        frame.words.append(as_learnt(frame.source, learnt, list(columns.values())))
        return learnt
    unusual = [one for one in columns.values() if not is_plain(one)]
    if not unusual:
        if frame.fmt.separator == ";" and (frame.fmt.decimal, frame.fmt.thousands) == (None, None):
            check_points(frame.source, list(columns.values()))
        return given
    notation, word = find_notation(frame.source, list(columns.values()), frame.fmt)
    if word is not None:
        frame.words.append(word)
    return notation


def fits(column: pl.Series, notation: Notation) -> bool:
    """Whether all numbers of a column of text can be read in a notation."""
    return (
        as_points(column.str.replace_all(MINUS, "-", literal=True), notation).null_count() == column.null_count()
    )


def is_plain(column: pl.Series) -> bool:
    """Whether all numbers are written with a decimal point, and without a sign between thousands."""
    return bool(column.drop_nulls().str.contains(f"{PLAIN}|{INFINITE}").all())


def to_numbers(frame: Frame, column: pl.Series, notation: Notation, signs: tuple[str, ...]) -> pl.Series:
    """A column of text as integers where all numbers are, else as floats; signs of missing values become null."""
    import polars as pl

    plain = as_points(column.str.replace_all(MINUS, "-", literal=True), notation)
    bad = column.is_not_null() & plain.is_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise InputError(
            f"{frame.source}: column {column.name!r} holds {quoted(column[row])} in {frame.place(row)}, which is "
            "not written like the other numbers. Correct it, or set data.decimal and data.thousands"
        )
    numbers = plain.cast(pl.Float64, strict=False).alias(column.name)
    same = [float(one) for one in signs if is_plain(pl.Series([one]))]
    if same:
        numbers = pl.select(pl.when(~numbers.is_in(same)).then(numbers)).to_series().alias(column.name)
    whole = plain.cast(pl.Int64, strict=False).alias(column.name)
    if whole.null_count() == plain.null_count():
        return pl.select(pl.when(numbers.is_not_null()).then(whole)).to_series().alias(column.name)
    return numbers


def truth_values(column: pl.Series) -> pl.Series:
    """A column of only `true` and `false`, in any case, as booleans; any other as it is."""
    import polars as pl

    present = column.drop_nulls().head(20).str.to_lowercase()
    if not len(present) or not present.is_in(list(BOOLEANS)).all():
        return column
    lower = column.str.to_lowercase()
    if not lower.drop_nulls().is_in(list(BOOLEANS)).all():
        return column
    return lower.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)


def told_negative(frame: Frame, column: pl.Series, spec: TableSpec | None) -> bool:
    """Whether a column of text is read as numbers, of which those in brackets or with a minus behind are negative.

    Adds a message to `frame.words` unless the columns were learnt before.
    """
    found = column.filter(column.str.strip_chars().str.contains("|".join(NEGATIVE.values())))
    known = numbers_in(column.drop_nulls().unique(maintain_order=True)) if len(found) else None
    if known is None:
        return False
    if spec is None:
        how = "in brackets" if known[0].negative == "()" else "with a minus behind"
        frame.words.append(
            f"{frame.source}: column {column.name!r} holds numbers {how}, such as {found[0]} in "
            f"{len(found):,} of {len(column):,} rows, which are read as negative. If they are names, set it in "
            f"data.columns_file: columns: {{{column.name}: {{kind: categorical}}}}"
        )
    return True


def check_few_signs(frame: Frame, column: pl.Series, there: list[str]) -> None:
    """Raise InputError where a few other texts are among many numbers: they are hardly categories.

    `there` are the signs of missing values in the table, which the advice keeps.
    """
    present = column.drop_nulls()
    if not len(present) or not is_any_number(present.head(200)).any():
        return
    numbers = is_any_number(present)
    others = present.filter(~numbers).unique(maintain_order=True)
    if not len(others) or others.str.contains(CODE_SIGN).any():
        return
    few = len(others) <= FEW_SIGNS and 2 * int((~numbers).sum()) < len(present)
    if not few or present.filter(numbers).n_unique() < MANY_NUMBERS:
        return
    row = int((column.is_not_null() & ~is_any_number(column).fill_null(True)).arg_max() or 0)
    n, shown = int((~numbers).sum()), ", ".join(map(quoted, others[:3]))
    typed = shell(f"data.missing_signs=[{typed_signs([*others, *there])}]")
    raise InputError(
        f"{frame.source}: column {column.name!r} holds {shown} among its numbers ({n:,} such, the first in "
        f"{frame.place(row)}). If that means a missing value, type {typed}; if all are categories, set it in "
        f"data.columns_file: columns: {{{column.name}: {{kind: categorical}}}}; if neither, correct it in the file"
    )


def typed_signs(others: Iterable[str]) -> str:
    """Signs as the user types them in a list."""
    plain = [one if one.replace("_", "").isalnum() else f'"{one}"' for one in others]
    return ",".join(plain)
