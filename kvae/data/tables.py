"""Files with a row per observation: .npy, .npz, .txt, .csv, .tsv, .parquet."""

import contextlib
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kvae.data.columns import Column, Wanted, choose
from kvae.data.converting import how_to_convert
from kvae.data.labels import label_names, read_labels, tidy_labels
from kvae.data.original import AsCame
from kvae.data.original.arrays import ArrayRows
from kvae.data.original.fields import Fields
from kvae.data.original.tables import TableRows
from kvae.data.original.text import TextRows
from kvae.data.parquet import read_parquet
from kvae.data.raw_table import Frame
from kvae.data.source_file import existing_file, one_line
from kvae.data.text import TextFormat, read_text
from kvae.data.text.encoding import WESTERN, find_encoding
from kvae.data.text.layout import find_layout
from kvae.data.values import NoNumbersError, values_of
from kvae.errors import InputError
from kvae.runs.npy import UNREADABLE, open_npz, read_npy
from kvae.table import TableSpec
from kvae.table.text_form import TextForm

__all__ = ["Column", "Raw", "existing_file", "one_line", "read_labels", "read_means", "read_table"]

log = logging.getLogger(__name__)

TEXTS = (".txt", ".csv", ".tsv")
MEAN = re.compile(r"(?:mu|z)(\d+)")
ENDINGS = (".npy", ".npz", *TEXTS, ".parquet")


@dataclass(frozen=True)
class Raw:
    """Data as it was read: observations, labels if any, and held-out rows where the source has its own.

    Attributes:
        x, labels: The rows, and their labels `(n,)`.
        x_test, labels_test: Held-out rows of the source itself, and their labels.
        columns: Names of the values of an observation; None where the source has none.
        ids: Ids of the rows, as text `(n,)`; None without ids.
        id_name: Name of the column of ids.
        lines: The line of each row in a text file, from 1; None for other sources.
        table: The columns of a table of any kinds, whose missing values are NaN in `x`; None for numbers alone.
        there: Which rows have this kind of data; None: all.
        missing_signs: Signs of a missing value that the user gave for a text file of numbers.
        text: How such a file writes numbers.
        came, came_test: The rows as the source has them, from which they can be restored; None where they are `x`.
    """

    x: np.ndarray
    labels: np.ndarray | None = None
    x_test: np.ndarray | None = None
    labels_test: np.ndarray | None = None
    columns: tuple[str, ...] | None = None
    ids: np.ndarray | None = None
    id_name: str | None = None
    lines: Sequence[int] | np.ndarray | None = None
    came: AsCame | None = None
    came_test: AsCame | None = None
    table: TableSpec | None = None
    there: np.ndarray | None = None
    missing_signs: tuple[str, ...] | None = None
    text: TextForm = field(default_factory=TextForm)


def read_table(
    path: str,
    key: str | None = None,
    columns: Sequence[Column] | None = None,
    label_column: Column | None = None,
    header: bool | None = None,
    learnt: tuple[str, ...] | None = None,
    id_column: Column | None = None,
    fmt: TextFormat | None = None,
    size: int | None = None,
) -> Raw:
    """Read a file of observations.

    Args:
        path: The file; its ending names its format.
        key: Name of the array in an `.npz`; None when it holds only one.
        columns: Names or numbers (from 0) of the columns to learn; None takes all but labels and ids.
        label_column: Name or number of the column with labels; in an `.npz`, the name of the array.
        header: Whether the first line of a text file names the columns; None detects it.
        learnt: Names of the columns that a learnt model expects: they are taken by name, in its order.
        id_column: Name or number of the column that identifies the rows.
        fmt: How a text file writes its table, except `header`; None, and None in it, are detected.
        size: How many values per row a learnt model without names expects.

    Raises:
        InputError: When the file is missing, unreadable, or lacks what is asked for.
    """
    file = existing_file(path)
    ending, wanted = file.suffix.lower(), Wanted(columns, label_column, id_column, learnt, size)
    fmt = replace(fmt or TextFormat(), header=header)
    check_ending(path, ending, ENDINGS, fmt)
    with reading(path, ending, fmt):
        if ending == ".npz":
            return read_npz(path, file, key, wanted)
        if ending == ".npy":
            return take_columns(path, read_npy(file, mmap=True), wanted)
        return from_frame(read_columns(file) if ending == ".parquet" else read_lines(file, fmt, learnt), wanted)


def check_ending(path: str, ending: str, endings: Sequence[str], fmt: TextFormat) -> None:
    """Raise InputError for another ending than `endings`, and for keys of text files with other files."""
    if ending not in endings:
        allowed = f"data.path={path}: the ending must be one of {', '.join(endings)}. Received: {ending!r}"
        raise InputError(f"{allowed}{how_to_convert(path, ending)}")
    if ending not in TEXTS and fmt.given():
        keys = " and ".join(fmt.given())
        raise InputError(f"{keys} can be set for {', '.join(TEXTS)} only. Received: data.path={path}")


@contextlib.contextmanager
def reading(path: str, ending: str, fmt: TextFormat) -> Iterator[None]:
    """Turn errors of readers into InputError, with the reason in one sentence."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # polars raises many kinds without a common base class
        if not isinstance(error, UNREADABLE) and ending != ".parquet":
            raise
        raise InputError(f"data.path={path} cannot be read as {ending}: {reason(error, fmt.encoding)}") from error


def reason(error: Exception, encoding: str | None = None) -> str:
    """Why a file cannot be read, on one line, without advice of polars for programmers."""
    if isinstance(error, UnicodeDecodeError):
        table = error.encoding == "charmap"  # Python's name for all encodings of one byte per character
        tried = encoding or (WESTERN if table else error.encoding)
        others = "shift_jis, gb18030 or utf-16" if table else WESTERN
        return f"it is not in {tried}; type another data.encoding, such as {others}"
    return one_line(error).split(" The current offset")[0]


def read_lines(file: Path, fmt: TextFormat, learnt: tuple[str, ...] | None) -> Frame:
    """A text file as a table of text."""
    table = read_text(file, fmt, learnt)
    say(table.words)
    row_names, fmt = (0,) if table.row_names else (), replace(fmt, separator=table.separator)

    def as_came(features: Sequence[int]) -> TextRows:
        fields = Fields(table.separator, table.frame.width)
        return TextRows(file, table.encoding, fields, table.lines, features)

    return Frame(f"data.path={file}", table.frame, table.names, table.lines, row_names, fmt, as_came=as_came)


def read_columns(file: Path) -> Frame:
    """A Parquet file as a table."""
    frame = read_parquet(file)
    names = frame.data.columns
    return replace(frame, as_came=lambda features: TableRows.of_files([file], names, features))


def from_frame(frame: Frame, wanted: Wanted) -> Raw:
    """The observations of a table."""
    values = values_of(frame, wanted)
    say(values.words)
    place, names = values.choice.ids, frame.full_names
    id_name = None if place is None else (frame.names[place] if frame.names else None) or "id"
    columns = None if names is None else values.choice.names
    opened, features = frame.as_came, values.choice.features
    came = None if opened is None else AsCame(lambda: opened(features), range(len(values.x)))
    text = TextForm(decimal=values.notation.decimal, thousands=values.notation.thousands or "")
    return Raw(values.x, values.labels, None, None, columns, values.ids, id_name, frame.lines, came, text=text)


def read_means(key: str, path: str) -> np.ndarray:
    """The numbers `(n, columns)` in a table that `key` names in place of `data.path`, such as means of messages.

    Where a text file has columns `mu0 mu1 ...` or `z0 z1 ...`, as files of a run with ids and labels do, only
    these are read, in the order of their numbers.
    """
    try:
        raw = read_table(path, columns=columns_of_means(path))
    except InputError as error:
        text = str(error).replace(f"data.path={path}", f"{key}={path}")
        if isinstance(error, NoNumbersError):  # its advice is for data: it names keys of columns
            text = f"{text.partition('. You can ')[0]}. Correct the file"
        raise InputError(text) from error
    found = [MEAN.fullmatch(name) for name in raw.columns or ()]
    numbers = [int(one[1]) for one in found if one]
    return raw.x[:, np.argsort(numbers)] if numbers and len(numbers) == len(found) else raw.x


def columns_of_means(path: str) -> list[str] | None:
    """Names of the columns of means in a text file with names; None of any other file."""
    try:
        names = find_layout(Path(path), find_encoding(Path(path), None)[0], TextFormat()).names or ()
    except (InputError, *UNREADABLE):
        return None
    return [name for name in names if MEAN.fullmatch(name)] or None


def read_npz(path: str, file: Path, key: str | None, wanted: Wanted) -> Raw:
    """One array of an `.npz`, and its labels."""
    label_key = wanted.label
    with open_npz(file) as arrays:
        names = [name for name in arrays.names if name != label_key]
        if key is None and len(names) != 1:
            raise InputError(
                f"data.path={file} holds the arrays {', '.join(arrays.names)}: choose one with data.key=NAME"
            )
        for option, name in (("data.key", key), ("data.label_column", label_key)):
            if name is not None and name not in arrays:
                raise InputError(f"{option}={name}: {file} has no such array. It holds: {', '.join(arrays.names)}")
        labels = None if label_key is None else tidy_labels(arrays[str(label_key)])
        return replace(take_columns(path, arrays[key or names[0]], replace(wanted, label=None)), labels=labels)


def take_columns(path: str, table: np.ndarray, wanted: Wanted) -> Raw:
    """Split an array without column names into observations, labels and ids."""
    if table.ndim != 2:
        if (wanted.columns, wanted.label, wanted.ids) != (None, None, None):
            raise InputError(
                "data.columns, data.label_column and data.id_column need rows and columns. Received: "
                f"data.path={path} with an array of shape {table.shape}"
            )
        return Raw(table)
    choice = choose(f"data.path={path}", None, table.shape[1], wanted)
    say(choice.words)
    x = table if choice.features == tuple(range(table.shape[1])) else table[:, choice.features]
    labels = None if choice.label is None else tidy_labels(np.asarray(table[:, choice.label]))
    ids = None if choice.ids is None else label_names(np.asarray(table[:, choice.ids]))
    came = AsCame(lambda: ArrayRows.of(table, choice.features), range(len(table)))
    return Raw(x, labels, ids=ids, id_name=None if ids is None else "id", came=came)


def say(words: Iterable[str]) -> None:
    """Log messages for the user; those that begin so are warnings, which Python shows without a set-up."""
    for word in words:
        log.log(logging.WARNING if word.startswith("warning: ") else logging.INFO, word)
