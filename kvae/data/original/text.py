"""Tables of text as they came, to the byte: every field as it is written, and what stands between the rows.

A row's text is parted into fields and what follows the last of them. Nothing is read into them: whatever is parted
is put together again, and a row that does not come apart into the table's fields is kept whole.
"""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kvae.data.original.came import ALL, Piece, Rows, parts_of
from kvae.errors import InputError
from kvae.runs.forms import Form, list_of, positive, record, whole, word, wrong

# Encodings of which every text that can be read is written as the same bytes.
SAME_BYTES = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "ascii", "iso8859-1", "cp1252")
MARKED = {
    "utf-8-sig": ((b"", "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "utf-16-le")),
    "utf-32": ((codecs.BOM_UTF32_BE, "utf-32-be"), (b"", "utf-32-le")),
}
BOM = "\ufeff"
ENDINGS = (".csv", ".tsv", ".txt")


class Fields:
    """How a row comes apart, and is put together again.

    Args:
        separator: Between fields; a space stands for runs of spaces and tabs.
        width: How many fields a row has.
    """

    def __init__(self, separator: str, width: int) -> None:
        self.separator, self.width = separator, width
        self.glue = "" if separator == " " else separator
        sign = r" \t" if separator == " " else re.escape(separator)
        quoted = rf'"(?:[^"]|"")*"[^{sign}\r\n]*'
        if separator == " ":
            self.pattern = re.compile(rf"[ \t]*(?:{quoted}|[^ \t\r\n]+)")
        else:
            spaces = "" if separator == "\t" else " *"
            self.pattern = re.compile(rf"{spaces}{quoted}|[^{sign}\r\n]*")
        self.end = re.compile(r"[\r\n]|$")

    def parted(self, row: str) -> tuple[list[str], str] | None:
        """The fields of a row and what follows them; None of one that has fewer."""
        if self.glue and '"' not in row:
            found = self.end.search(row)
            at = len(row) if found is None else found.start()
            fields, end = row[:at].split(self.separator), row[at:]
        else:
            fields, end = self.matched(row)
        if len(fields) > self.width:
            end = self.glue + self.glue.join(fields[self.width :]) + end
        whole = len(fields) >= self.width and self.glue.join(fields[: self.width]) + end == row
        return (fields[: self.width], end) if whole else None

    def matched(self, row: str) -> tuple[list[str], str]:
        """The same, a field at a time."""
        fields, at = [], 0
        while (found := self.pattern.match(row, at)) is not None:
            fields.append(found.group())
            at = found.end()
            if self.glue:
                if not row.startswith(self.glue, at):
                    break
                at += len(self.glue)
        return fields, row[at:]


class TextRows:
    """The rows of a text file.

    Args:
        file: The file.
        encoding: As it was read.
        fields: How its rows come apart.
        lines: The line in which each row begins, from 1.
        features: Places of the columns that the model reads, in its order.
    """

    kind: ClassVar[str] = "text"
    of_columns = True

    def __init__(
        self,
        file: Path,
        encoding: str,
        fields: Fields,
        lines: Sequence[int] | np.ndarray,
        features: Sequence[int],
    ) -> None:
        self.file, self.fields, self.lines, self.features = file, fields, lines, tuple(features)
        self.encoding = plain_encoding(file, encoding)
        self.others = [i for i in range(fields.width) if i not in set(features)]
        self.end: str | None = None
        first = next(self.texts(range(len(lines))), None)
        parted = None if first is None else fields.parted(first)
        self.end = "\n" if parted is None else parted[1]

    @property
    def head(self) -> dict[str, Any]:
        return {
            "ending": self.file.suffix.lower(),
            "encoding": self.encoding,
            "separator": self.fields.separator,
            "width": self.fields.width,
            "features": list(self.features),
            "above": self.above(),
            "end": self.end,
        }

    def above(self) -> str:
        """The text above the first row."""
        before = int(self.lines[0]) if len(self.lines) else 2**62
        with self.file.open(encoding=self.encoding, newline="") as stream:
            text = "".join(line for _, line in zip(range(1, before), stream, strict=False))
            mark = BOM if not text and stream.read(1) == BOM else ""
        return text + mark

    def texts(self, rows: Rows) -> Iterator[str]:
        """The text of rows, each with all that stands before the next one."""
        starts = [int(self.lines[row]) for row in rows]
        stops = [int(self.lines[row + 1]) if row + 1 < len(self.lines) else 2**62 for row in rows]
        with self.file.open(encoding=self.encoding, newline="") as stream:
            number, held = 0, ""
            for start, stop in zip(starts, stops, strict=True):
                while number < start:
                    held, number = next(stream), number + 1
                text = [held]
                while number + 1 < stop and (line := next(stream, None)) is not None:
                    text.append(line)
                    number += 1
                yield "".join(text).removeprefix(BOM if start == 1 else "")

    def pieces(self, rows: Rows, at_once: int) -> Iterator[Piece]:
        texts = self.texts(rows)
        for part in parts_of(rows, at_once):
            yield self.piece([next(texts) for _ in part])

    def piece(self, texts: list[str]) -> Piece:
        """Rows, from their text."""
        table, ends, odd = [], {}, {}
        for place, text in enumerate(texts):
            fields, end = self.fields.parted(text) or ([""] * self.fields.width, None)
            table.append(fields)
            if end is None:
                odd[place] = text
            elif end != self.end:
                ends[place] = end
        columns = list(zip(*table, strict=True)) if table else [()] * self.fields.width
        kept = [list(columns[i]) for i in self.others]
        there = any(kept) or ends or odd
        rest = json.dumps([kept, ends, odd], ensure_ascii=False, separators=(",", ":")) if there else ""
        n_bytes = sum(len(text.encode(self.encoding)) for text in texts)
        return Piece(len(texts), [objects(columns[i]) for i in self.features], rest.encode(), n_bytes)


def objects(values: Sequence[str]) -> np.ndarray:
    """Text as an array of objects."""
    found = np.empty(len(values), object)
    found[:] = values
    return found


def plain_encoding(file: Path, encoding: str) -> str:
    """The encoding of a file without a word on its first bytes, which are kept as they are.

    Raises:
        InputError: Where its text cannot be written as the same bytes.
    """
    name = codecs.lookup(encoding).name
    if name in MARKED:
        with file.open("rb") as stream:
            head = stream.read(4)
        name = next(one for mark, one in MARKED[name] if head.startswith(mark))
    if name not in SAME_BYTES:
        content = file.read_bytes()
        if content.decode(name).encode(name) != content:
            raise InputError(
                f"data.path={file}: text that is read with data.encoding={encoding} is not written as the same "
                "bytes, and could not come back to the bit. Save the file as UTF-8"
            )
    return name


def string(value: Any, where: str) -> str:
    """Text of any length."""
    if not isinstance(value, str):
        raise wrong(where, "text", value)
    return value


def encoding_of(value: Any, where: str) -> str:
    """An encoding of text that Python knows."""
    try:
        "".encode(string(value, where))
    except (LookupError, ValueError):
        raise wrong(where, "an encoding of text", value) from None
    return value


HEAD: Form = record(
    {
        "ending": word(*ENDINGS),
        "encoding": encoding_of,
        "separator": string,
        "width": positive,
        "features": list_of(whole),
        "above": string,
        "end": string,
    }
)


class TextResult:
    """Rows of a text file put together again; `finish` gives its bytes. `head` is as `TextRows.head`.

    Raises:
        ValueError: For a head or pieces that do not belong together.
    """

    def __init__(self, head: dict[str, Any]) -> None:
        known = HEAD(head, "its form")
        self.encoding, self.end, self.width = known["encoding"], known["end"], known["width"]
        self.features = known["features"]
        if len(known["separator"]) != 1 or not set(self.features) <= set(range(self.width)):
            raise ValueError(f"its form names columns {self.features} of {self.width}")
        self.glue = Fields(known["separator"], self.width).glue
        self.others = [i for i in range(self.width) if i not in set(self.features)]
        self.parts = [known["above"].encode(self.encoding)]

    def text(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> bytes:
        """The text of `n` rows, or of those of them that are to be kept."""
        try:
            kept, ends, odd = json.loads(rest) if rest else ([], {}, {})
            columns: list[Sequence[str]] = [()] * self.width
            for place, column in zip((*self.features, *self.others), (*values, *kept), strict=True):
                columns[place] = column.tolist() if isinstance(column, np.ndarray) else column
            rows = [self.glue.join(fields) for fields in zip(*columns, strict=True)]
            texts = [row + self.end for row in rows]
            for place, end in ends.items():
                texts[int(place)] = rows[int(place)] + end
            for place, text in odd.items():
                texts[int(place)] = text
            whole = "".join(texts[keep]).encode(self.encoding)
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise ValueError("what stands beside its rows does not fit them") from error
        if len(rows) != n:
            raise ValueError(f"what stands beside its rows does not fit them: {len(rows)} rows of {n}")
        return whole

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        """Take the next rows."""
        self.parts.append(self.text(n, values, rest, keep))

    def finish(self) -> bytes:
        """The whole file."""
        return b"".join(self.parts)

    def close(self) -> None:
        """Nothing is open."""


class TextFile(TextResult):
    """The same, written as the rows come into the empty file at `path`."""

    ENDINGS: ClassVar[tuple[str, ...]] = ENDINGS

    def __init__(self, head: dict[str, Any], path: Path, n: int) -> None:
        super().__init__(head)
        self.file = path.open("r+b")
        self.file.write(self.parts.pop())

    def add(self, n: int, values: list[np.ndarray], rest: bytes, keep: slice = ALL) -> None:
        self.file.write(self.text(n, values, rest, keep))

    def finish(self) -> None:  # type: ignore[override]
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()
