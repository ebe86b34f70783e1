"""Read tables as polars DataFrames whose columns have a name and a type."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kvae.data.frames import is_frame
from kvae.data.parquet import read_parquet
from kvae.data.raw_table import Frame
from kvae.data.source_file import existing_file
from kvae.data.table.given import from_given
from kvae.data.table.typing import typed
from kvae.data.tables import TEXTS, check_ending, read_lines, reading
from kvae.data.text import TextFormat
from kvae.errors import InputError
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl

ENDINGS = (*TEXTS, ".parquet")


def read_frame(path_or_frame: Any, fmt: TextFormat | None = None, spec: TableSpec | None = None) -> pl.DataFrame:
    """Read a table: columns are numbers where all their values are; missing values are null.

    Args:
        path_or_frame: The path of a .csv, .tsv, .txt or .parquet file, or a DataFrame of polars, pandas or any
            library that narwhals supports.
        fmt: How a text file writes its table; what it does not give is detected.
        spec: The spec of a learnt table: columns that were learnt as text stay text.

    Raises:
        InputError: When the table cannot be read, or two of its columns have one name.
    """
    return open_table(path_or_frame, fmt, spec).data


def open_table(
    source: Any, fmt: TextFormat | None = None, spec: TableSpec | None = None, as_text: Collection[str] = ()
) -> Frame:
    """As `read_frame`, with the lines of a text file; columns in `as_text` may mix numbers and words."""
    if is_frame(source):
        frame = Frame("the table", from_given(source), None)
        return replace(frame, names=tuple(frame.data.columns))
    if not isinstance(source, str | Path):
        raise InputError(f"a table must be a path or a DataFrame. Received: {type(source).__name__}")
    path = str(source)
    file, fmt = existing_file(path), fmt or TextFormat()
    ending = file.suffix.lower()
    check_ending(path, ending, ENDINGS, fmt)
    fmt = with_learnt_signs(fmt, spec)
    with reading(path, ending, fmt):
        return named(whole_file(file, fmt, spec), spec, as_text)


def with_learnt_signs(fmt: TextFormat, spec: TableSpec | None) -> TextFormat:
    """A format with the signs of missing values and of numbers that a run learnt with, unless others are given."""
    return fmt if spec is None else fmt.as_learnt(spec.missing_signs, spec.text.signs)


def whole_file(file: Path, fmt: TextFormat, spec: TableSpec | None) -> Frame:
    """A whole file as a table; a text file as columns of text."""
    if file.suffix.lower() == ".parquet":
        return read_parquet(file)
    return read_lines(file, fmt, None if spec is None else spec.names)


def named(frame: Frame, spec: TableSpec | None = None, as_text: Collection[str] = ()) -> Frame:
    """A table whose columns have distinct names, and types."""
    return typed(named_columns(frame), spec, as_text)


def named_columns(frame: Frame) -> Frame:
    """A table whose columns have distinct names."""
    names = frame.full_names or tuple(f"column_{i}" for i in range(frame.data.width))
    check_names(frame.source, names)
    data = frame.data.rename(dict(zip(frame.data.columns, names, strict=True)))
    return replace(frame, data=data, names=names)


def check_names(source: str, names: tuple[str, ...]) -> None:
    """Raise InputError where two columns have one name."""
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        places = [str(place) for place, name in enumerate(names) if name == twice[0]]
        raise InputError(
            f"{source} has several columns with one name, but names identify the columns: {twice[0]!r} is column "
            f"{' and '.join(places)} (counted from 0). Rename all but one in the file"
        )
