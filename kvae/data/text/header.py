"""Detect whether the first row of a text file names its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kvae.data.text.format import TextFormat
from kvae.data.text.numbers import NUMBER, is_number, looks_like_number
from kvae.errors import InputError

# Up to so many small numbers may count up by chance. From so many rows on, a column of text can show repetitions.
FEW = 4


@dataclass
class Header:
    """The first rows of a file, and the comments above them: one of them may name the columns.

    Attributes:
        source: How messages call the file.
        rows: Fields of the rows.
        comments: Fields of the comments.
        width: Number of columns.
        fmt: The format as far as keys give it.
        missing: Signs of missing values.
        learnt: Names that a learnt model expects; None without one.
    """

    source: str
    rows: list[list[str]]
    comments: list[list[str]]
    width: int
    fmt: TextFormat
    missing: Sequence[str]
    learnt: Sequence[str] | None

    def names_columns(self) -> tuple[bool, str | None]:
        """Whether the first row names the columns, and a message for the user, or None.

        Raises:
            InputError: When the first row may name the columns or be data.
        """
        first, rest, missing = self.rows[0], self.rows[1:], self.missing
        if self.fmt.header is not None:
            return self.fmt.header, None
        if self.learnt is not None and set(self.learnt) <= set(first):
            return True, None
        numeric = numeric_columns(rest, self.width, missing)
        texts = [one for one in first if one and not is_number(one, missing)]
        above = [first[i] for i in numeric if i < len(first) and first[i]]
        numbers = [one for one in above if one not in texts]
        if not numeric and len(rest) >= FEW and self.is_row_of_text(first, rest):
            return False, f"{self.first_line_is(first)} as a row; if it names the columns, type data.header=true"
        if texts and (not rest or not numbers or (len(numbers) < len(above) and may_name(numbers))):
            return True, None
        if self.commented_names():
            return False, None
        if not texts:
            return self.numbers_as_names(first, rest)
        again = {one for fields in rest for one in fields}
        if any(one in again for one in texts):
            return False, None
        below = [rest[0][i] for i in numeric if i < len(rest[0])]
        if len(numbers) > 1 and may_name(numbers) and step_of(numbers) != step_of(below):
            line = self.first_line_is(first)
            return True, f"{line} as the names of the columns; if it is a row, type data.header=false"
        raise self.either(first)

    def is_row_of_text(self, first: list[str], rest: list[list[str]]) -> bool:
        """Whether every field of the first line occurs again below in the same column."""
        below = [{fields[i] for fields in rest if i < len(fields)} for i in range(len(first))]
        return bool(first) and all(one in column for one, column in zip(first, below, strict=True))

    def either(self, first: list[str]) -> InputError:
        """The error for a first line that can be read in two ways."""
        return InputError(
            f"{self.source}: the first line ({', '.join(first[:6])}{', ...' if len(first) > 6 else ''}) may "
            "name the columns or be a row. Type data.header=true or data.header=false"
        )

    def first_line_is(self, first: list[str]) -> str:
        """The beginning of a message about the first line."""
        shown = f"{', '.join(first[:4])}{', ...' if len(first) > 4 else ''}"
        return f"{self.source}: the first line, {shown}, is read"

    def numbers_as_names(self, first: list[str], rest: list[list[str]]) -> tuple[bool, str | None]:
        """As `names_columns`, for a first row of numbers alone: pandas numbers columns without names from 0."""
        named = first[1:] if first and not first[0] else first
        below = rest[0][len(first) - len(named) :] if rest else []
        if len(named) < 2 or step_of(named) is None or step_of(named) == step_of(below):
            return False, None
        line = self.first_line_is(first)
        # A few whole numbers that count up, above other whole numbers, may be the first row.
        few = named is first and len(named) <= FEW and all(one.isdigit() for fields in rest for one in fields)
        counts = [int(one) for one in named if one.isdigit()] == list(range(len(named)))
        if named is not first or (counts and not few):
            return True, f"{line} as the names of the columns; if it is a row, type data.header=false"
        if len(named) < 3 and not counts:
            return False, None
        return False, f"{line} as a row; if it names the columns, type data.header=true"

    def commented_names(self) -> tuple[str, ...] | None:
        """Names in the last comment line (`# ...`) above the table, if it has one per column; else None."""
        if not self.comments or self.fmt.header is False:
            return None
        fields = self.comments[-1]
        names = [fields[0].lstrip("# ").strip(), *fields[1:]]
        if len(names) == self.width + 1 and not names[0]:
            names = names[1:]
        names[0] = names[0] or "#"
        alike = len(names) == self.width and len(set(names)) == self.width and all(names)
        return tuple(names) if alike and not any(map(looks_like_number, names)) else None


def numeric_columns(rows: Sequence[Sequence[str]], width: int, missing: Sequence[str]) -> list[int]:
    """Positions of the columns whose fields are all numbers or missing, at least one of them a number."""
    found = []
    for i in range(width):
        fields = [row[i] for row in rows if i < len(row)]
        if all(is_number(one, missing) for one in fields) and any(map(looks_like_number, fields)):
            found.append(i)
    return found


def step_of(fields: Sequence[str]) -> float | None:
    """The constant step between consecutive numbers, as of years and wavelengths; None where steps differ."""
    if len(fields) < 2 or not all(NUMBER.match(one) for one in fields):
        return None
    steps = [after - before for before, after in pairwise(map(float, fields))]
    alike = all(step == step and abs(step - steps[0]) <= 1e-6 * abs(steps[0]) for step in steps)
    return round(steps[0], 9) if alike and steps[0] else None


def may_name(numbers: Sequence[str]) -> bool:
    """Whether numbers may be names of columns: at most one, or years or at least three, in equal steps."""
    years = all(one.isdigit() and 1500 < int(one) < 2500 for one in numbers)
    return len(numbers) < 2 or (step_of(numbers) is not None and (years or len(numbers) > 2))
