"""The rows of a text file as a table of text, with their line numbers."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.text.encoding import find_encoding
from kvae.data.text.fields import Row, read_rows
from kvae.data.text.format import TextFormat
from kvae.data.text.layout import Layout, find_layout

if TYPE_CHECKING:
    import polars as pl

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class TextTable:
    """A text file as a table.

    Attributes:
        frame: The fields as stripped text; an empty field is empty or null.
        names: Names of the columns; None where no line names them. A column without a name has an empty one.
        lines: The line of each row in the file, counted from 1.
        row_names: Whether the first column holds row names.
        separator: The sign between fields.
        encoding: The encoding of the file.
        words: Messages for the user, one sentence each.
    """

    frame: pl.DataFrame
    names: tuple[str, ...] | None
    lines: Sequence[int] | np.ndarray
    row_names: bool
    separator: str
    encoding: str
    words: tuple[str, ...]


def read_text(file: Path, fmt: TextFormat, learnt: Sequence[str] | None = None) -> TextTable:
    """Read a text file; detect its layout where `fmt` does not give it.

    Args:
        file: The file.
        fmt: The format as far as keys give it.
        learnt: Names of columns that a learnt model expects: a first line that holds them all names the columns.

    Raises:
        InputError: When the file can be read in two ways, with what to type.
        ValueError: For a file that is no table.
    """
    encoding, word = find_encoding(file, fmt.encoding)
    layout = find_layout(file, encoding, fmt, learnt)
    words = (*([word] if word else []), *layout.words)
    plain = read_plain(file, layout) if encoding == "utf-8-sig" else None
    if plain is not None:
        lines: Sequence[int] | np.ndarray = range(layout.first_line, layout.first_line + len(plain))
        return TextTable(plain, layout.names, lines, layout.row_names, layout.separator, encoding, words)
    return read_with_care(file, encoding, layout, words)


def read_plain(file: Path, layout: Layout) -> pl.DataFrame | None:
    """The rows of a file in which every line is a whole row, read fast; None for any other file.

    No field may be quoted, and no line blank or without any value; with spaces as separator no field may be empty.
    `read_with_care` reads all files, and gives the same for these.
    """
    import polars as pl

    content = file.read_bytes()
    if b'"' in content or content.count(b"\r") != content.count(b"\r\n"):
        return None
    if b"\n\n" in content or b"\n\r" in content:
        return None
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    for _ in range(layout.first_line - 1):
        start = content.find(b"\n", start) + 1
        if start == 0:
            return None
    try:
        frame = pl.read_csv(
            content[start:],
            separator=layout.separator,
            has_header=False,
            infer_schema=False,
            new_columns=[f"column_{i + 1}" for i in range(layout.width)],
            quote_char=None,
        )
    except Exception:  # polars raises many kinds; `read_with_care` reports the line that is wrong
        return None
    if frame.width != layout.width:
        return None
    frame = frame.select(pl.all().str.strip_chars())
    if frame.to_series(0).str.starts_with("#").any():
        return None
    if content.count(layout.separator.encode(), start) != len(frame) * (layout.width - 1):
        return None  # a row with fewer fields
    within = pl.any_horizontal if layout.separator == " " else pl.all_horizontal
    empty = frame.select(within(pl.all().is_null() | (pl.all() == "")).any()).item()
    return None if empty else frame


def read_with_care(file: Path, encoding: str, layout: Layout, words: tuple[str, ...]) -> TextTable:
    """The rows of any text file, read a field at a time.

    Raises:
        ValueError: For a row with too many fields, or a quoted field that does not end.
    """
    import polars as pl

    frames, lines, comments = [], [], 0
    short: list[tuple[int, int]] = []
    cut: list[int] = []
    with file.open(encoding=encoding, newline="") as stream:
        rows = whole_rows(read_rows(stream, layout.separator, strict=True), layout, short, cut)
        while piece := list(islice(rows, ROWS_AT_ONCE)):
            kept = [row for row in piece if row[0] is not None]
            comments += len(piece) - len(kept)
            columns = zip(*(fields for fields, _ in kept), strict=True)
            frames.append(
                pl.DataFrame([pl.Series(f"column_{i + 1}", c, pl.String) for i, c in enumerate(columns)])
            )
            lines.append(np.array([line for _, line in kept], np.int64))
    if comments:
        words = (*words, f"data.path={file}: lines below the first row that begin with # are left out: {comments}")
    if short:
        words = (*words, f"data.path={file}: {told_short(short, layout.width)}")
    if cut:
        words = (*words, f"data.path={file}: rows without any value at the end are left out: {len(cut):,}")
    frames = [frame for frame in frames if frame.width]
    empty = pl.DataFrame([pl.Series(f"column_{i + 1}", [], pl.String) for i in range(layout.width)])
    frame = pl.concat(frames) if frames else empty
    whole = np.concatenate(lines) if lines else np.array([], np.int64)
    return TextTable(frame, layout.names, whole, layout.row_names, layout.separator, encoding, words)


def told_short(short: Sequence[tuple[int, int]], width: int) -> str:
    """A message about rows with too few fields; `short` holds the line and the number of fields of each."""
    line, n = short[0]
    fields = "1 field" if n == 1 else f"{n} fields"
    more = f". Lines with fewer fields: {len(short):,}" if len(short) > 1 else ""
    return f"line {line} has {fields}, others have {width}; fields lacking at the end are missing values{more}"


def whole_rows(
    rows: Iterator[Row], layout: Layout, short: list[tuple[int, int]], cut: list[int]
) -> Iterator[tuple[list[str] | None, int]]:
    """Rows of the table's width; None in place of a comment. Empty rows at the end of the file are left out.

    Args:
        rows: The rows of the file.
        layout: The layout of the file.
        short: A list, to which the line and the number of fields of each row with too few fields are added.
        cut: A list, to which the lines of left-out rows are added that hold separators.

    Raises:
        ValueError: For a row with more values than there are columns; with spaces as separator, also with fewer.
    """
    width, blank = layout.width, []
    separated: list[int] = []
    for fields, line in rows:
        if line < layout.first_line:
            continue
        if len(fields) != width and fields[0].startswith("#"):
            yield None, line
            continue
        while len(fields) > width and not fields[-1]:
            fields.pop()
        if len(fields) > width:
            raise ValueError(f"line {line} has {len(fields)} fields, others have {width}")
        if len(fields) < width and layout.separator == " ":
            raise ValueError(f"line {line} has {len(fields)} fields, others have {width}: which one is missing?")
        if len(fields) < width and any(fields):
            short.append((line, len(fields)))
        if len(fields) > 1 and not any(fields):
            separated.append(line)
        fields += [""] * (width - len(fields))
        if not any(fields):
            blank.append((fields, line))
            continue
        yield from blank
        blank.clear()
        separated.clear()
        yield fields, line
    cut += separated
