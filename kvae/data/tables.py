"""Files with a row per observation: .npy, .npz, .txt, .csv, .tsv, .parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kvae.errors import InputError
from kvae.npy import UNREADABLE, check_expansion, open_npz, read_npy

Column = str | int
TABLES = {".csv": ",", ".tsv": "\t"}
ENDINGS = (".npy", ".npz", ".txt", *TABLES, ".parquet")


@dataclass(frozen=True)
class Raw:
    """Data as it was read: observations, labels if any, and held-out rows where the source has its own."""

    x: np.ndarray
    labels: np.ndarray | None = None
    x_test: np.ndarray | None = None
    labels_test: np.ndarray | None = None


def read_table(
    path: str,
    key: str | None = None,
    columns: Sequence[Column] | None = None,
    label_column: Column | None = None,
    header: bool | None = None,
) -> Raw:
    """Read a file of observations.

    Args:
        path: The file; its ending names its format.
        key: Array to take from an `.npz`; None when it holds only one.
        columns: Names or numbers (from 0) of the columns to learn; None takes all but the labels.
        label_column: Name or number of the column with labels; in an `.npz`, the name of the array.
        header: Whether the first line of a `.csv` or `.tsv` names the columns; None finds out.

    Raises:
        InputError: When the file is missing, unreadable, or lacks what is asked for.
    """
    file = existing_file(path)
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"data.path={path}: the ending must be one of {', '.join(ENDINGS)}. Received: {ending!r}")
    try:
        if ending == ".npz":
            return read_npz(file, key, label_column)
        if ending == ".npy":
            return take_columns(file, read_npy(file, mmap=True), columns, label_column)
        if ending == ".txt":
            return take_columns(file, np.loadtxt(file, ndmin=2), columns, label_column)
    except UNREADABLE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"data.path={path} cannot be read as {ending}: {one_line(error)}") from error
    return read_frame(file, columns, label_column, header)


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


def read_npz(file: Path, key: str | None, label_key: Column | None) -> Raw:
    """One array of an `.npz`, and its labels."""
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
        return Raw(arrays[key or names[0]], labels)


def take_columns(
    file: Path, table: np.ndarray, columns: Sequence[Column] | None, label_column: Column | None
) -> Raw:
    """Split an array without column names into observations and labels."""
    if columns is None and label_column is None:
        return Raw(table)
    names = list(range(table.shape[1])) if table.ndim == 2 else []
    wanted, label = choose_columns(file, names, columns, label_column)
    return Raw(table[:, wanted], None if label is None else np.asarray(table[:, label]))


def choose_columns(
    file: Path, names: Sequence[Column], columns: Sequence[Column] | None, label_column: Column | None
) -> tuple[list[int], int | None]:
    """Positions of the columns to learn, and of the labels."""

    def position(option: str, column: Column) -> int:
        if isinstance(column, int) and 0 <= column < len(names):
            return column
        if column in names:
            return list(names).index(column)
        shown = ", ".join(map(str, names[:20])) + (", ..." if len(names) > 20 else "")
        raise InputError(f"{option}={column}: {file} has no such column. It has {len(names)}: {shown}")

    label = None if label_column is None else position("data.label_column", label_column)
    if columns is None:
        return [i for i in range(len(names)) if i != label], label
    return [position("data.columns", column) for column in columns], label


def read_frame(
    file: Path, columns: Sequence[Column] | None, label_column: Column | None, header: bool | None
) -> Raw:
    """Read .csv, .tsv or .parquet with polars; an empty field is missing (NaN)."""
    import polars as pl

    try:
        if file.suffix.lower() == ".parquet":
            check_parquet(file)
            frame = pl.read_parquet(file)
        else:
            check_is_text(file)
            separator = TABLES[file.suffix.lower()]
            frame = pl.read_csv(
                file,
                separator=separator,
                has_header=has_header(file, separator) if header is None else header,
                infer_schema_length=None,
                null_values=["", "NA", "NaN", "nan", "null"],
            )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, *UNREADABLE) as error:
        raise InputError(f"data.path={file} cannot be read as {file.suffix}: {one_line(error)}") from error
    wanted, label = choose_columns(file, frame.columns, columns, label_column)
    for name, dtype in frame.select(frame.columns[i] for i in wanted).schema.items():
        if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
            raise InputError(
                f"data.path={file}: column {name!r} holds {dtype}, not numbers. Name the columns to learn with "
                f"data.columns=[...], or the labels with data.label_column={name}"
            )
    x = frame.select(pl.nth(*wanted).cast(pl.Float64)).to_numpy() if wanted else np.empty((len(frame), 0))
    labels = None if label is None else frame.to_series(label).to_numpy()
    return Raw(x, labels if labels is None or labels.dtype != object else labels.astype(str))


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
