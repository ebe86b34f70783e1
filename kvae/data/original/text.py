"""Rows of text files as they are written, to the byte: every field, and the text between rows.

The text of a row is split into fields and the text after the last of them. A row that cannot be split into the
fields of the table is kept whole.
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kvae.data.original.came import Piece, Rows, parts_of
from kvae.data.original.fields import Fields, objects
from kvae.errors import InputError
from kvae.runs.files import read_errors

# Encodings in which decoded text is always encoded to the same bytes again.
SAME_BYTES = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "ascii", "iso8859-1", "cp1252")
MARKED = {
    "utf-8-sig": ((b"", "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "utf-16-le")),
    "utf-32": ((codecs.BOM_UTF32_BE, "utf-32-be"), (b"", "utf-32-le")),
}
BOM = "\ufeff"


class TextRows:
    """The rows of a text file.

    Args:
        file: The file.
        encoding: The encoding in which it was read.
        fields: Splits its rows.
        lines: The line in which each row begins, from 1.
        features: Positions of the columns that the model reads, in its order.

    Raises:
        InputError: When the text of the file would not be encoded to the same bytes again.
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
        """The text of rows, each with the text up to the next row."""
        starts = [int(self.lines[row]) for row in rows]
        stops = [int(self.lines[row + 1]) if row + 1 < len(self.lines) else 2**62 for row in rows]
        with read_errors(self.file), self.file.open(encoding=self.encoding, newline="") as stream:
            number, held = 0, ""
            for start, stop in zip(starts, stops, strict=True):
                while number < start:
                    held, number = next(stream, ""), number + 1
                if not held:
                    raise ValueError(f"its line {start} is missing: the file was changed")
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
        """The piece of rows with these texts."""
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


def plain_encoding(file: Path, encoding: str) -> str:
    """The encoding of a file, in a variant that keeps a byte order mark as text.

    Raises:
        InputError: When the text of the file would not be encoded to the same bytes again.
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
                f"data.path={file} cannot be restored exactly: with data.encoding={encoding} its text is not "
                "written as the same bytes again. Save the file as UTF-8"
            )
    return name
