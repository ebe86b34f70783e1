"""Detect the layout of a text file: the separator between fields, and the lines above the first row."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kvae.data.text.fields import Row, find_separator, read_rows
from kvae.data.text.format import TextFormat, sign
from kvae.data.text.header import Header, numeric_columns
from kvae.data.text.numbers import is_number, looks_like_number, missing_signs
from kvae.errors import InputError

# The most lines and characters that are read to detect the layout, and the fewest lines.
SAMPLE, SAMPLE_SIZE, FEWEST = 500, 2**20, 5
USUAL = {".csv": ",", ".tsv": "\t", ".txt": " "}
# A first line such as `sep=;`, which names the separator for Excel.
EXCEL = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)


# A unit of measurement or any other word, but no number with a sign before it.
UNIT = re.compile(r"[^\W\d]|[(\[/%°#-]\D|[%°]$|-$")


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    Attributes:
        separator: The sign between fields.
        width: Number of fields in a row.
        names: Names of the columns; None where no line names them. A column without a name has an empty one.
        first_line: The line of the first row, counted from 1.
        row_names: Whether the first column holds row names and has no name in the header, as R writes it.
        words: Messages for the user, one sentence each.
    """

    separator: str
    width: int
    names: tuple[str, ...] | None
    first_line: int
    row_names: bool = False
    words: tuple[str, ...] = field(default=())


def find_layout(file: Path, encoding: str, fmt: TextFormat, learnt: Sequence[str] | None = None) -> Layout:
    """The layout of a text file; what `fmt` does not give is detected from its first lines.

    Raises:
        InputError: When the file can be read in two ways, with what to type.
        ValueError: For a file without rows, or one that is not in `encoding`.
    """
    with file.open(encoding=encoding, newline="") as stream:
        lines = first_lines(stream)
    excel = EXCEL.match(lines[0]) if lines else None
    separator = sign(fmt.separator)
    if separator is None:
        separator = excel.group(1) if excel else find_separator(lines, USUAL.get(file.suffix.lower(), ","))
    if len(separator) != 1:
        raise InputError(
            f"data.separator must be one character, or a name such as comma or tab. Received: {fmt.separator}"
        )
    skipped = 1 if excel else 0
    rows = list(read_rows(["\n"] * skipped + lines[skipped:], separator))
    if not rows:
        raise ValueError("it is empty")
    above, rows = without_comments(rows)
    return Found(file, separator, rows, fmt, above, learnt).layout()


def without_comments(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The comments above a table, and the rows of the table; a file of comments alone has them as rows.

    Below its first line, a line that begins with # is a comment unless it has the width of the table: a cell may
    be `#REF!`.
    """
    others = [row for row in rows if not row[0][0].startswith("#")]
    if not others:
        return [], rows
    first = others[0][1]
    width = Counter(len(fields) for fields, _ in others).most_common(1)[0][0]
    above = [row for row in rows if row[1] < first]
    below = [row for row in rows if row[1] >= first]
    return above, [row for row in below if len(row[0]) == width or not row[0][0].startswith("#")]


def first_lines(stream: Iterable[str]) -> list[str]:
    """The lines from which the layout is detected: the first 500, or fewer where they are long."""
    lines, size = [], 0
    for line in stream:
        lines.append(line)
        size += len(line)
        if len(lines) >= SAMPLE or (size > SAMPLE_SIZE and len(lines) >= FEWEST):
            break
    return lines


@dataclass
class Found:
    """Detects the layout of a file from its first rows."""

    file: Path
    separator: str
    rows: list[Row]
    fmt: TextFormat
    comments: list[Row]
    learnt: Sequence[str] | None

    @property
    def source(self) -> str:
        """How messages call the file."""
        return f"data.path={self.file}"

    def layout(self) -> Layout:
        """The layout.

        Raises:
            InputError, ValueError: As `find_layout`.
        """
        missing = missing_signs(self.fmt)
        counts = Counter(len(fields) for fields, _ in self.rows)
        width = max(counts, key=lambda count: (counts[count], count))
        words = []
        titles = 0
        while titles < len(self.rows) - 1 and self.is_title(titles, width):
            titles += 1
        if titles:
            words.append(f"{self.source}: above the columns, {self.lines(self.rows[:titles])} left out")
        rows = self.rows[titles:]
        first, line = rows[0]
        if self.counts_of_scikit_learn(rows, width):
            words.append(
                f"{self.source}: line {line} holds the numbers of rows and columns, as in files of scikit-learn, "
                "and is left out"
            )
            return Layout(self.separator, width, None, self.line_after(rows, 1), words=tuple(words))
        comments = [fields for fields, _ in self.comments]
        fields = [fields for fields, _ in rows]
        header = Header(self.source, fields, comments, width, self.fmt, missing, self.learnt)
        named, word = header.names_columns()
        words += [word] if word else []
        if not named:
            names = header.commented_names()
            return Layout(self.separator, width, names, line, words=tuple(words))
        row_names = len(first) == width - 1 and not self.ends_empty(rows, width)
        if row_names and (len(first) < 2 or not distinct([fields[0] for fields, _ in rows[1:]])):
            raise ValueError(
                f"line {line} names {len(first)} columns, and the rows below it have {width} fields. Name every "
                "column, or, where commas stand in numbers, type data.separator=semicolon data.decimal=comma"
            )
        first = [" ".join(one.split()) for one in first]
        names = ("", *first) if row_names else (*first, *[""] * (width - len(first)))
        width = max(width, len(names))
        begins = 1
        if self.has_units(rows, width, missing):
            units = rows[1][0]
            begins = 2
            if len(set(names)) < len(names):
                names = tuple(" ".join(filter(None, pair)) for pair in zip(names, units, strict=False))
                words.append(f"{self.source}: lines {line} and {rows[1][1]} name the columns together")
            else:
                shown = ", ".join(filter(None, units))
                words.append(f"{self.source}: line {rows[1][1]} holds units, not a row, and is left out: {shown}")
        if row_names:
            words.append(f"{self.source}: the first column has no name in line {line}: it names the rows")
        return Layout(self.separator, width, names, self.line_after(rows, begins), row_names, tuple(words))

    def is_title(self, place: int, width: int) -> bool:
        """Whether a row is a title above the table: text, in fewer fields than the rows of the table have."""
        fields = self.rows[place][0]
        texts = [one for one in fields if one]
        short = len(fields) < width - 1 or (len(texts) < 2 and width > 2)
        return short and not any(map(looks_like_number, texts))

    def lines(self, rows: Sequence[Row]) -> str:
        """The numbers of the lines of rows, for a message."""
        return f"line {rows[0][1]} is" if len(rows) == 1 else f"lines {rows[0][1]} to {rows[-1][1]} are"

    def line_after(self, rows: Sequence[Row], n: int) -> int:
        """The line in which the row after the first `n` begins; without such a row, the line after the last."""
        return rows[n][1] if len(rows) > n else rows[-1][1] + 1

    def counts_of_scikit_learn(self, rows: Sequence[Row], width: int) -> bool:
        """Whether the first line holds numbers of rows and columns, and classes, as in scikit-learn's files."""
        first = rows[0][0]
        if self.fmt.header is not None or len(first) < 2 or len(rows) < 2:
            return False
        counts, classes = first[:2], [one for one in first[2:] if one]
        return (
            all(one.isdigit() for one in counts)
            and int(counts[1]) == width - 1
            and bool(classes)
            and not any(map(looks_like_number, classes))
            and abs(lines_in(self.file) - 1 - int(counts[0])) <= 1  # the last line may lack its end
        )

    def ends_empty(self, rows: Sequence[Row], width: int) -> bool:
        """Whether the last field of all whole rows below the header is empty: lines end in a separator."""
        return all(not fields[-1] for fields, _ in rows[1:] if len(fields) == width)

    def has_units(self, rows: Sequence[Row], width: int, missing: Sequence[str]) -> bool:
        """Whether the row below the names holds text in every column that holds numbers further below."""
        if len(rows) < 3 or self.fmt.header is False:
            return False
        units, numeric = rows[1][0], numeric_columns([fields for fields, _ in rows[2:]], width, missing)
        if len(numeric) < 2 or len(units) < max(numeric) + 1:
            return False  # in a single column it may be a wrong value
        texts = [units[i] for i in numeric if units[i]]
        words = any(re.search(r"[^\W\d]|[%°]", one) for one in texts)
        return words and all(UNIT.match(one) and not is_number(one, missing) for one in texts)


def lines_in(file: Path) -> int:
    """The number of line ends in a file."""
    with file.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(2**22), b""))


def distinct(fields: Sequence[str]) -> bool:
    """Whether all fields differ."""
    return len(set(fields)) == len(fields)
