"""Whether the first row of a text file names its columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kvae.data.text.format import TextFormat
from kvae.data.text.numbers import NUMBER, is_number, looks_like_number
from kvae.errors import InputError

# So many small numbers may follow each other by chance.
FEW = 4


@dataclass
class Header:
    """The first rows of a file, and the comments above them, of which one may name the columns.

    Attributes:
        source: How messages call the file.
        rows: Their fields.
        comments: Those of the comments.
        width: How many columns there are.
        fmt: What is known of the file.
        missing: Signs of missing values.
        learnt: Names that a learnt model expects.
    """

    source: str
    rows: list[list[str]]
    comments: list[list[str]]
    width: int
    fmt: TextFormat
    missing: Sequence[str]
    learnt: Sequence[str] | None

    def names_columns(self) -> tuple[bool, str | None]:
        """Whether the first row names the columns, and what the user is to be told of it.

        Raises:
            InputError: Where it may name them or not.
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
            return False, f"{self.first_line_is(first)} for a row; if it names the columns, type data.header=true"
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
            return True, f"{line} for the columns' names; if it is a row, type data.header=false"
        raise self.either(first)

    def is_row_of_text(self, first: list[str], rest: list[list[str]]) -> bool:
        """Whether all texts of the first line are there again below, each in its own column."""
        below = [{fields[i] for fields in rest if i < len(fields)} for i in range(len(first))]
        return bool(first) and all(one in column for one, column in zip(first, below, strict=True))

    def either(self, first: list[str]) -> InputError:
        """The error for a first line that can be read in two ways."""
        return InputError(
            f"{self.source}: the first line ({', '.join(first[:6])}{', ...' if len(first) > 6 else ''}) may "
            "name the columns or be a row. Type data.header=true or data.header=false"
        )

    def first_line_is(self, first: list[str]) -> str:
        """How a sentence about the first line begins."""
        shown = f"{', '.join(first[:4])}{', ...' if len(first) > 4 else ''}"
        return f"{self.source}: the first line, {shown}, is taken"

    def numbers_as_names(self, first: list[str], rest: list[list[str]]) -> tuple[bool, str | None]:
        """The same for a first row of numbers alone: pandas numbers columns from 0 where they have no names."""
        named = first[1:] if first and not first[0] else first
        below = rest[0][len(first) - len(named) :] if rest else []
        if len(named) < 2 or step_of(named) is None or step_of(named) == step_of(below):
            return False, None
        line = self.first_line_is(first)
        # Below few whole numbers that count, other whole numbers: they may be the first of the rows.
        few = named is first and len(named) <= FEW and all(one.isdigit() for fields in rest for one in fields)
        counts = [int(one) for one in named if one.isdigit()] == list(range(len(named)))
        if named is not first or (counts and not few):
            return True, f"{line} for the columns' names; if it is a row, type data.header=false"
        if len(named) < 3 and not counts:
            return False, None
        return False, f"{line} for a row; if it names the columns, type data.header=true"

    def commented_names(self) -> tuple[str, ...] | None:
        """Names in the last line above the table that begins with `#`, where there are as many as columns."""
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
    """Places of the columns whose fields are numbers or missing, and some of them numbers."""
    found = []
    for i in range(width):
        fields = [row[i] for row in rows if i < len(row)]
        if all(is_number(one, missing) for one in fields) and any(map(looks_like_number, fields)):
            found.append(i)
    return found


def step_of(fields: Sequence[str]) -> float | None:
    """The step in which numbers follow each other, as years and wavelengths do; None where it is not the same."""
    if len(fields) < 2 or not all(NUMBER.match(one) for one in fields):
        return None
    steps = [after - before for before, after in pairwise(map(float, fields))]
    alike = all(step == step and abs(step - steps[0]) <= 1e-6 * abs(steps[0]) for step in steps)
    return round(steps[0], 9) if alike and steps[0] else None


def may_name(numbers: Sequence[str]) -> bool:
    """Whether numbers may be names of columns: one alone, some years, or several in equal steps."""
    years = all(one.isdigit() and 1500 < int(one) < 2500 for one in numbers)
    return len(numbers) < 2 or (step_of(numbers) is not None and (years or len(numbers) > 2))
