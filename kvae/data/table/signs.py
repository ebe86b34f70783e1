"""Signs of missing values that may be categories, as `None` for a car without airbag, and the other way round."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from kvae.data.text.numbers import looks_like_number
from kvae.options.quoting import shell
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl

Signs = Mapping[str, Mapping[str, int]]
# Texts that are often written for a missing value; they are compared without case and extra spaces.
SAYS_NOTHING = {
    "-", "--", ".", "..", "...", "*", "missing", "unknown", "not available", "not known", "n.a.", "n.a", "n/k",
    "no data", "no answer", "tbd", "tba", "unbekannt", "k.a.", "inconnu", "desconocido", "#ref!", "#value!",
    "#n/a", "#div/0!", "undefined", "nil", "(null)", "(blank)", "blank", "empty",
}  # fmt: skip
# A column of fewer different numbers, such as ticks, is not one of numbers.
FEW_NUMBERS = 2


@dataclass(frozen=True)
class UnclearSigns:
    """Signs that were read as missing values only in columns of text.

    Attributes:
        found: By column of text, each sign with its number of rows.
        clear: The other signs of the table: columns of numbers or truth values have them.
    """

    found: dict[str, dict[str, int]]
    clear: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What to type so that they are categories; the clear signs still mean a missing value."""
        typed = ",".join(f"'{sign}'" for sign in self.clear) or "''"
        alone = "these and empty fields alone" if self.clear else "empty fields alone"
        return f'If it is a category, type "data.missing_signs=[{typed}]", so that {alone} are missing'


def usual_sign(signs: Signs, frame: pl.DataFrame) -> str:
    """The sign of most missing values of a table; empty where most of their fields are empty.

    Args:
        signs: Signs that were read as missing values: by column, each sign with its number of rows.
        frame: The table as it was read, null where a value is missing.
    """
    counts: Counter[str] = Counter()
    for there in signs.values():
        counts.update(there)
    empty = sum(one.null_count() for one in frame.iter_columns()) - counts.total()
    return max({"": empty, **counts}.items(), key=itemgetter(1))[0]


def unclear_signs(signs: Signs, frame: pl.DataFrame) -> UnclearSigns:
    """The signs that may be categories.

    Args:
        signs: Signs that were read as missing values: by column, each sign with its number of rows.
        frame: The table as it was read. In a column that is not text, a sign always means a missing value.
    """
    import polars as pl

    texts = {one.name for one in frame.iter_columns() if one.dtype == pl.String and one.null_count() < len(one)}
    clear = dict.fromkeys(sign for name, there in signs.items() if name not in texts for sign in there)
    found = {
        name: unclear
        for name, there in signs.items()
        if name in texts and (unclear := {sign: n for sign, n in there.items() if sign not in clear})
    }
    return UnclearSigns(found, tuple(clear))


def says_nothing(value: str) -> bool:
    """Whether a text is often written for a missing value."""
    return bool({squeezed(value), squeezed(re.sub("[_-]", " ", value))} & SAYS_NOTHING)


def squeezed(value: str) -> str:
    """A text in lower case, with single spaces and none at its ends."""
    return " ".join(value.casefold().split())


def signs_among_numbers(signs: Signs, spec: TableSpec, apart: Collection[str]) -> str | None:
    """A sentence about columns that are learnt as categories, but hold only a few numbers and signs such as `-`.

    Args:
        signs: Signs that were read as missing values: by column, each sign with its number of rows.
        spec: The learnt columns.
        apart: Names of columns that are set to categories.
    """
    found: dict[str, list[str]] = {}
    for column in spec.columns:
        words = [one for one in column.categories or () if not looks_like_number(one)]
        few = len(column.categories or ()) >= len(words) + FEW_NUMBERS
        if column.name not in apart and words and few and all(map(says_nothing, words)):
            found[column.name] = words
    if not found:
        return None
    there = [
        *(sign for words in found.values() for sign in words),
        *(sign for one in signs.values() for sign in one),
    ]
    typed = ",".join(f"'{sign}'" for sign in dict.fromkeys(there))
    columns = ", ".join(f"{name!r} ({', '.join(map(repr, words))})" for name, words in found.items())
    return (
        f"numbers are learnt as categories because of signs among them: {columns}. If those mean a missing value, "
        f"type {shell(f'data.missing_signs=[{typed}]')}"
    )
