"""Files with a row per observation: .npy, .npz, .txt, .csv, .tsv, .parquet."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kvae.data.columns import Choice, Column, Wanted, choose
from kvae.errors import InputError
from kvae.npy import UNREADABLE, check_expansion, open_npz, read_npy

log = logging.getLogger(__name__)

TABLES = {".csv": ",", ".tsv": "\t"}
ENDINGS = (".npy", ".npz", ".txt", *TABLES, ".parquet")


@dataclass(frozen=True)
class Raw:
    """Data as it was read: observations, labels if any, and held-out rows where the source has its own.

    `columns` are the names of the values of an observation; None where the source has none.
    """

    x: np.ndarray
    labels: np.ndarray | None = None
    x_test: np.ndarray | None = None
    labels_test: np.ndarray | None = None
    columns: tuple[str, ...] | None = None


def read_table(
    path: str,
    key: str | None = None,
    columns: Sequence[Column] | None = None,
    label_column: Column | None = None,
    header: bool | None = None,
    learnt: tuple[str, ...] | None = None,
) -> Raw:
    """Read a file of observations.

    Args:
        path: The file; its ending names its format.
        key: Array to take from an `.npz`; None when it holds only one.
        columns: Names or numbers (from 0) of the columns to learn; None takes all but the labels.
        label_column: Name or number of the column with labels; in an `.npz`, the name of the array.
        header: Whether the first line of a `.csv` or `.tsv` names the columns; None finds out.
        learnt: Names of the columns that a learnt model expects: they are taken by name, in its order.

    Raises:
        InputError: When the file is missing, unreadable, or lacks what is asked for.
    """
    file = existing_file(path)
    ending, wanted = file.suffix.lower(), Wanted(columns, label_column, learnt)
    if ending not in ENDINGS:
        raise InputError(f"data.path={path}: the ending must be one of {', '.join(ENDINGS)}. Received: {ending!r}")
    try:
        if ending == ".npz":
            return read_npz(path, file, key, wanted)
        if ending == ".npy":
            return take_columns(path, read_npy(file, mmap=True), wanted)
        if ending == ".txt":
            return take_columns(path, np.loadtxt(file, ndmin=2), wanted)
    except UNREADABLE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"data.path={path} cannot be read as {ending}: {one_line(error)}") from error
    return read_frame(file, wanted, header)


def read_labels(path: str) -> np.ndarray:
    """Labels from a file of their own, `(n,)`; text or numbers, one per row."""
    file = existing_file(path, "data.labels")
    try:
        if file.suffix.lower() == ".npy":
            labels = read_npy(file)
        else:
            labels = np.array(file.read_text(encoding="utf-8").split("\n"))
            labels = np.char.strip(labels[:-1] if labels[-1] == "" else labels)
            labels = as_numbers(labels)
    except UNREADABLE as error:
        raise InputError(f"data.labels={path} cannot be read: {one_line(error)}") from error
    if labels.ndim != 1:
        raise InputError(f"data.labels={path} must hold one label per row. Received: shape {labels.shape}")
    return labels


def read_means(key: str, path: str) -> np.ndarray:
    """The numbers in a table that another key than `data.path` names, such as the means of messages."""
    try:
        return read_table(path).x
    except InputError as error:
        raise InputError(str(error).replace(f"data.path={path}", f"{key}={path}")) from error


def existing_file(path: str, key: str = "data.path") -> Path:
    """`path`, when there is such a file."""
    file = Path(path)
    if not file.is_file():
        what = "is a folder; for a folder of images, type data=images" if file.is_dir() else "does not exist"
        raise InputError(f"{key}={path} {what} (looked in {Path.cwd()})")
    return file


def one_line(error: Exception) -> str:
    """An error's text on one line."""
    return " ".join(str(error).split())


def as_numbers(labels: np.ndarray) -> np.ndarray:
    """Text labels as integers or floats where they all are."""
    for dtype in (np.int64, np.float64):
        try:
            return labels.astype(dtype)
        except ValueError:
            continue
    return labels


def read_npz(path: str, file: Path, key: str | None, wanted: Wanted) -> Raw:
    """One array of an `.npz`, and its labels."""
    label_key = wanted.label
    with open_npz(file) as arrays:
        names = [name for name in arrays.names if name != label_key]
        if key is None and len(names) != 1:
            raise InputError(
                f"data.path={file} holds the arrays {', '.join(arrays.names)}: say which with data.key=NAME"
            )
        for option, name in (("data.key", key), ("data.label_column", label_key)):
            if name is not None and name not in arrays:
                raise InputError(f"{option}={name}: {file} has no such array. It holds: {', '.join(arrays.names)}")
        labels = None if label_key is None else arrays[str(label_key)]
        return replace(take_columns(path, arrays[key or names[0]], replace(wanted, label=None)), labels=labels)


def take_columns(path: str, table: np.ndarray, wanted: Wanted) -> Raw:
    """Split an array without column names into observations and labels."""
    if table.ndim != 2:
        if wanted.columns is not None or wanted.label is not None:
            raise InputError(
                f"data.columns and data.label_column need rows and columns. Received: data.path={path} with an "
                f"array of shape {table.shape}"
            )
        return Raw(table)
    choice = choose(f"data.path={path}", None, table.shape[1], wanted)
    say(choice)
    x = table if choice.features == tuple(range(table.shape[1])) else table[:, choice.features]
    return Raw(x, None if choice.label is None else np.asarray(table[:, choice.label]))


def say(choice: Choice) -> None:
    """Tell the user what is to be told of a choice of columns."""
    for word in choice.words:
        log.info(word)


def read_frame(file: Path, wanted: Wanted, header: bool | None) -> Raw:
    """Read .csv, .tsv or .parquet with polars; an empty field is missing (NaN)."""
    import polars as pl

    try:
        if file.suffix.lower() == ".parquet":
            check_parquet(file)
            frame = pl.read_parquet(file)
        else:
            check_is_text(file)
            separator = TABLES[file.suffix.lower()]
            header = has_header(file, separator) if header is None else header
            frame = pl.read_csv(
                file,
                separator=separator,
                has_header=header,
                infer_schema_length=None,
                null_values=["", "NA", "NaN", "nan", "null"],
            )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, *UNREADABLE) as error:
        raise InputError(f"data.path={file} cannot be read as {file.suffix}: {one_line(error)}") from error
    named = file.suffix.lower() == ".parquet" or header
    choice = choose(f"data.path={file}", frame.columns if named else None, frame.width, wanted)
    say(choice)
    chosen = frame.select(pl.nth(*choice.features)) if choice.features else frame.select([])
    for name, dtype in chosen.schema.items():
        if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
            raise InputError(
                f"data.path={file}: column {name!r} holds {dtype}, not numbers. Name the columns to learn with "
                f"data.columns=[...], or the labels with data.label_column={name}"
            )
    x = chosen.cast(pl.Float64).to_numpy() if choice.features else np.empty((len(frame), 0))
    labels = None if choice.label is None else frame.to_series(choice.label).to_numpy()
    labels = labels if labels is None or labels.dtype != object else labels.astype(str)
    return Raw(x, labels, columns=choice.names)


def check_parquet(file: Path) -> None:
    """Raise ValueError for a Parquet file that was made to fill the memory."""
    import polars as pl

    frame = pl.scan_parquet(file)
    columns = len(frame.collect_schema())
    rows = int(frame.select(pl.len()).collect().item())
    check_expansion(f"its {rows:,} rows of {columns} columns take", 4 * rows * columns, file.stat().st_size)


def check_is_text(file: Path) -> None:
    """Raise ValueError for bytes that no text begins with; polars would unpack an archive unasked."""
    with file.open("rb") as stream:
        beginning = stream.read(4096)
    for name, magic in {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "zip": b"PK\x03\x04"}.items():
        if beginning.startswith(magic):
            raise ValueError(f"it is a {name} archive; unpack it first")
    if b"\0" in beginning:
        raise ValueError("it is no text")


def has_header(file: Path, separator: str) -> bool:
    """Whether a field of the first line is no number."""
    with file.open(encoding="utf-8-sig") as lines:
        fields = [field.strip().strip('"') for field in lines.readline().split(separator)]
    return any(field and not is_number(field) for field in fields)


def is_number(field: str) -> bool:
    """Whether a field of a table is a number, or a sign that one is missing."""
    try:
        float(field)
    except ValueError:
        return field in ("NA", "null")
    return True
