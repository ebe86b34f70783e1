"""Warnings about text: numbers among words, a category in several spellings, dates in two formats."""

import re
from collections.abc import Iterable

from kvae.data.inspection.seen import TableSeen, is_text
from kvae.data.inspection.warnings.notice import Notice, looks, rows, share, shown, some, together
from kvae.data.table.signs import says_nothing, squeezed, unclear_signs
from kvae.data.text.numbers import looks_like_number

SOME, MOST = 0.05, 0.9
MOST_CHECKED = 20_000
DATES = {
    "2024-01-31": r"\d{4}-\d{1,2}-\d{1,2}([ T].*)?$",
    "2024/01/31": r"\d{4}/\d{1,2}/\d{1,2}([ T].*)?$",
    "31/01/2024": r"\d{1,2}/\d{1,2}/\d{2,4}( .*)?$",
    "31.01.2024": r"\d{1,2}\.\d{1,2}\.\d{2,4}( .*)?$",
    "31-01-2024": r"\d{1,2}-\d{1,2}-\d{2,4}( .*)?$",
    "31 Jan 2024": r"\d{1,2}[ -][A-Za-z]{3,9}\.?,?[ -]\d{2,4}$",
    "Jan 31, 2024": r"[A-Za-z]{3,9}\.? \d{1,2},? \d{4}$",
    "20240131": r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])$",
}


@looks
def numbers_among_words(seen: TableSeen) -> Iterable[Notice]:
    """Columns read as categories or text in which some or most values are numbers."""
    mostly, partly = [], []
    for name, counts in of_text(seen):
        total, words = sum(count for _, count in counts), [one for one in counts if not looks_like_number(one[0])]
        others = sum(count for _, count in words)
        if not words or others == total:
            continue
        if others <= (1 - MOST) * total:
            which = some(f"{shown(value)} in {rows(count)}" for value, count in words[:3])
            mostly.append((name, f"{share(1 - others / total)} numbers; others: {which}"))
        elif SOME * total < others < (1 - SOME) * total:
            number = next(value for value, _ in counts if looks_like_number(value))
            partly.append((name, f"{share(1 - others / total)} numbers such as {number}, words such as "
                                 f"{shown(words[0][0])}"))  # fmt: skip
    yield from together(
        "numbers as text",
        26,
        mostly,
        "columns of numbers that are read as text, because some values are not numbers",
        "If those mean a missing value, list them in data.missing_signs",
    )
    yield from together(
        "mixed types",
        27,
        partly,
        "numbers and words in one column",
        "They are read as text",
    )


@looks
def words_for_nothing(seen: TableSeen) -> Iterable[Notice]:
    """Categories such as `unknown`, which may mean that a value is missing."""
    found, signs = [], []
    for column in seen.categories:
        for value, count in seen.counts.get(column.name, []):
            if says_nothing(value):
                found.append((column.name, f"{shown(value)} in {rows(count)}"))
                signs.append(f"'{value}'")
    typed = ",".join(dict.fromkeys([*signs, *seen.signs_there]))
    yield from together(
        "words for missing",
        31,
        found,
        "categories that may mean a missing value",
        f'They are learnt as categories; if they mean a missing value, type "data.missing_signs=[{typed}]"',
    )


@looks
def read_as_missing(seen: TableSeen) -> Iterable[Notice]:
    """Signs such as `NA` that occur only in columns of text, where they may be categories."""
    unclear = unclear_signs(seen.signs, seen.frame)
    found = [
        (name, some(f"{shown(sign)} in {rows(count)}" for sign, count in signs.items()))
        for name, signs in unclear.found.items()
    ]
    yield from together("read as missing", 31, found, "text that is read as missing", unclear.advice)


@looks
def spellings(seen: TableSeen) -> Iterable[Notice]:
    """Categories that differ only in case or spaces."""
    found = []
    for column in seen.categories:
        same: dict[str, list[tuple[str, int]]] = {}
        for value, count in seen.counts.get(column.name, []):
            same.setdefault(squeezed(value), []).append((value, count))
        for variants in [one for one in same.values() if len(one) > 1]:
            found.append((column.name, some(f"{shown(value)} in {rows(count)}" for value, count in variants)))
    yield from together(
        "spellings", 28, found, "perhaps one category in several spellings", "Each is learnt as a category"
    )


@looks
def dates_in_two_formats(seen: TableSeen) -> Iterable[Notice]:
    """Columns of text in which dates are written in two ways."""
    found = []
    for name, counts in of_text(seen):
        formats: dict[str, int] = {}
        for value, count in counts:
            shape = next((one for one, pattern in DATES.items() if re.match(pattern, value)), None)
            if shape is not None:
                formats[shape] = formats.get(shape, 0) + count
        if len(formats) > 1 and sum(formats.values()) > MOST * sum(count for _, count in counts):
            found.append((name, some(f"as {shape} in {rows(count)}" for shape, count in formats.items())))
    yield from together(
        "dates in two formats", 29, found, "dates in two formats", "They are not read as dates: use one format"
    )


def of_text(seen: TableSeen) -> Iterable[tuple[str, list[tuple[str, int]]]]:
    """Columns of categories or text that were read as text, with their most frequent values."""
    for name, counts in seen.counts.items():
        if is_text(seen.frame[name]) and counts:
            yield name, counts[:MOST_CHECKED]
