"""How the lines of a text file make a table: the sign between fields, and the lines above the first row."""

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

# Of lines and characters that are looked at.
SAMPLE, SAMPLE_SIZE, FEWEST = 500, 2**20, 5
USUAL = {".csv": ",", ".tsv": "\t", ".txt": " "}
# What Excel takes a separator from.
EXCEL = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)


# Of measurement, or any other word: a number with a sign before it is none.
UNIT = re.compile(r"[^\W\d]|[(\[/%°#-]\D|[%°]$|-$")


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    Attributes:
        separator: Between fields.
        width: How many fields a row has.
        names: Of the columns; None where no line names them. A nameless column has an empty name.
        first_line: Where the first row is, counted from 1.
        row_names: Whether the first column is one of row names, which the header leaves out, as R writes it.
        words: What the user is to be told, a sentence each.
    """

    separator: str
    width: int
    names: tuple[str, ...] | None
    first_line: int
    row_names: bool = False
    words: tuple[str, ...] = field(default=())


def find_layout(file: Path, encoding: str, fmt: TextFormat, learnt: Sequence[str] | None = None) -> Layout:
    """The layout of a text file; what `fmt` does not say is found out from its first lines.

    Raises:
        InputError: Where it can be read in two ways, with what to type.
        ValueError: For a file without rows, or that is not in its encoding.
    """
    with file.open(encoding=encoding, newline="") as stream:
        lines = first_lines(stream)
    excel = EXCEL.match(lines[0]) if lines else None
    separator = sign(fmt.separator)
    if separator is None:
        separator = excel.group(1) if excel else find_separator(lines, USUAL.get(file.suffix.lower(), ","))
    if len(separator) != 1:
        raise InputError(f"data.separator must be one sign, such as comma or tab. Received: {fmt.separator}")
    skipped = 1 if excel else 0
    rows = list(read_rows(["\n"] * skipped + lines[skipped:], separator))
    comments = [row for row in rows if row[0][0].startswith("#")]
    rows = [row for row in rows if not row[0][0].startswith("#")] or rows
    if not rows:
        raise ValueError("it is empty")
    above = [row for row in comments if row[1] < rows[0][1]]
    return Found(file, separator, rows, fmt, above, learnt).layout()


def first_lines(stream: Iterable[str]) -> list[str]:
    """Lines that tell the layout: 500, or fewer where they are long."""
    lines, size = [], 0
    for line in stream:
        lines.append(line)
        size += len(line)
        if len(lines) >= SAMPLE or (size > SAMPLE_SIZE and len(lines) >= FEWEST):
            break
    return lines


@dataclass
class Found:
    """What the first rows of a file say of its layout."""

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
        """The whole layout."""
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
                f"{self.source}: line {line} counts rows and columns, as in scikit-learn, and is left out"
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
                words.append(f"{self.source}: line {rows[1][1]} holds no row but units or the like: {shown}")
        if row_names:
            words.append(f"{self.source}: the first column has no name in line {line}: it names the rows")
        return Layout(self.separator, width, names, self.line_after(rows, begins), row_names, tuple(words))

    def is_title(self, place: int, width: int) -> bool:
        """Whether a row above the table is text in fewer fields than its rows have, and the table is below."""
        fields = self.rows[place][0]
        texts = [one for one in fields if one]
        short = len(fields) < width - 1 or (len(texts) < 2 and width > 2)
        return short and not any(map(looks_like_number, texts))

    def lines(self, rows: Sequence[Row]) -> str:
        """The lines of rows, in words."""
        return f"line {rows[0][1]} is" if len(rows) == 1 else f"lines {rows[0][1]} to {rows[-1][1]} are"

    def line_after(self, rows: Sequence[Row], n: int) -> int:
        """The line that the row after the first `n` begins in; of no row the one after all that were seen."""
        return rows[n][1] if len(rows) > n else rows[-1][1] + 1

    def counts_of_scikit_learn(self, rows: Sequence[Row], width: int) -> bool:
        """Whether the first line counts rows and columns and names classes, as scikit-learn's own files do."""
        first = rows[0][0]
        if self.fmt.header is not None or len(first) < 2 or len(rows) < 2:
            return False
        counts, classes = first[:2], [one for one in first[2:] if one]
        return (
            all(one.isdigit() for one in counts)
            and int(counts[1]) == width - 1
            and bool(classes)
            and not any(map(looks_like_number, classes))
            and abs(lines_in(self.file) - 1 - int(counts[0])) <= 1  # the last may not end
        )

    def ends_empty(self, rows: Sequence[Row], width: int) -> bool:
        """Whether all rows below the header end in the separator, so that their last field is empty."""
        return all(not fields[-1] for fields, _ in rows[1:] if len(fields) == width)

    def has_units(self, rows: Sequence[Row], width: int, missing: Sequence[str]) -> bool:
        """Whether the row below the names is text in every column that holds numbers further down."""
        if len(rows) < 3 or self.fmt.header is False:
            return False
        units, numeric = rows[1][0], numeric_columns([fields for fields, _ in rows[2:]], width, missing)
        if len(numeric) < 2 or len(units) < max(numeric) + 1:
            return False  # of one column it may be a slip of the pen
        texts = [units[i] for i in numeric if units[i]]
        words = any(re.search(r"[^\W\d]|[%°]", one) for one in texts)
        return words and all(UNIT.match(one) and not is_number(one, missing) for one in texts)


def lines_in(file: Path) -> int:
    """How many lines of a file end."""
    with file.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(2**22), b""))


def distinct(fields: Sequence[str]) -> bool:
    """Whether no field is there twice."""
    return len(set(fields)) == len(fields)
