"""Tables that stay in their files because they are larger than `data.memory`, and folders of shards."""

import glob
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.stored import NpyFile, ParquetFile, Shards, Source, StoredRows, buffer_rows
from kvae.data.tables import Column, Raw, choose_columns, existing_file, one_line
from kvae.errors import InputError
from kvae.npy import read_header

ENDINGS = (".npy", ".parquet")
GIB = 2**30


def open_large(
    path: str,
    columns: Sequence[Column] | None,
    label_column: Column | None,
    memory: float,
    shuffle_rows: int,
) -> Raw | None:
    """The table as rows that stay stored; None for one file that fits in `memory` or has another ending.

    Args:
        path: A `.npy` or `.parquet` file, or a pattern such as `shards/*.npy`: all such files, in the order of
            their names.
        columns, label_column: As for `kvae.data.tables.read_table`. Labels are read, whatever their number.
        memory: GiB that the observations may take in memory, as float32.
        shuffle_rows: Rows that a shuffled pass mixes at a time.

    Raises:
        InputError: When nothing matches, or files do not belong together or cannot be read.
    """
    files = matching(path) if is_pattern(path) else [existing_file(path)]
    if not is_pattern(path) and fits(files[0], columns, label_column, memory):
        return None
    opened = [open_one(file, columns, label_column) for file in files]
    rows = joined(path, files, [part for part, _ in opened], shuffle_rows)
    labels = [label for _, label in opened]
    label = None if label_column is None else np.concatenate([np.asarray(part) for part in labels])
    if 4 * rows.size > memory * GIB:
        return Raw(rows, label)  # type: ignore[arg-type]
    return Raw(rows[:], label)


def fits(file: Path, columns: Sequence[Column] | None, label_column: Column | None, memory: float) -> bool:
    """Whether a file is to be read whole; so is one of which nothing can be told, and that says what is wrong."""
    try:
        if file.suffix.lower() == ".npy":
            with file.open("rb") as stream:
                size = math.prod(read_header(stream)[0])
        elif file.suffix.lower() == ".parquet":
            import polars as pl

            frame = pl.scan_parquet(file)
            wanted, _ = choose_columns(file, frame.collect_schema().names(), columns, label_column)
            size = len(wanted) * int(frame.select(pl.len()).collect().item())
        else:
            return True
    except Exception:  # of NumPy and polars, of many kinds
        return True
    return 4 * size <= memory * GIB


def is_pattern(path: str) -> bool:
    """Whether a path names files by a pattern, and is not the name of a file itself."""
    return any(sign in path for sign in "*?[") and not Path(path).exists()


def matching(path: str) -> list[Path]:
    """The files of a pattern, sorted; all of one ending."""
    files = [Path(name) for name in sorted(glob.glob(path, recursive=True)) if Path(name).is_file()]
    if not files:
        raise InputError(f"data.path={path} matches no file (looked in {Path.cwd()})")
    endings = sorted({file.suffix.lower() for file in files})
    if len(endings) > 1 or endings[0] not in ENDINGS:
        raise InputError(
            f"data.path={path} must match files with one ending of {', '.join(ENDINGS)}. "
            f"Received: {', '.join(ending or 'none' for ending in endings)}"
        )
    return files


def open_one(
    file: Path, columns: Sequence[Column] | None, label_column: Column | None
) -> tuple[StoredRows, np.ndarray | None]:
    """The rows of one file, and its labels."""
    try:
        if file.suffix.lower() == ".parquet":
            return open_parquet(file, columns, label_column)
        source = NpyFile(file)
    except InputError:
        raise
    except Exception as error:  # of polars and NumPy, of many kinds; none is the user's to read
        raise InputError(f"data.path={file} cannot be read as {file.suffix}: {one_line(error)}") from error
    rows = stored(source)
    if columns is None and label_column is None:
        return rows, None
    names: list[Column] = list(range(source.shape[1])) if len(source.shape) == 2 else []
    wanted, label = choose_columns(file, names, columns, label_column)
    labels = None if label is None else label_values(source, label)
    return StoredRows(source, 0, len(rows), (len(wanted),), tuple(wanted)), labels


def open_parquet(
    file: Path, columns: Sequence[Column] | None, label_column: Column | None
) -> tuple[StoredRows, np.ndarray | None]:
    """The rows of a Parquet file, and its labels."""
    import polars as pl

    frame = pl.scan_parquet(file)
    schema = frame.collect_schema()
    names = schema.names()
    wanted, label = choose_columns(file, names, columns, label_column)
    for i in wanted:
        if not (schema[names[i]].is_numeric() or schema[names[i]] == pl.Boolean):
            raise InputError(
                f"data.path={file}: column {names[i]!r} holds {schema[names[i]]}, not numbers. Name the columns "
                f"to learn with data.columns=[...], or the labels with data.label_column={names[i]}"
            )
    n = int(frame.select(pl.len()).collect().item())
    labels = None if label is None else frame.select(names[label]).collect().to_series().to_numpy()
    if labels is not None and labels.dtype == object:
        labels = labels.astype(str)
    return stored(ParquetFile(file, [names[i] for i in wanted], n)), labels


def stored(source: Source) -> StoredRows:
    """All rows and columns of a source."""
    return StoredRows(source, 0, source.shape[0], source.shape[1:])


def label_values(source: Source, column: int) -> np.ndarray:
    """One column, read a chunk at a time."""
    n, step = source.shape[0], 65_536
    return np.concatenate([source.read(at, min(at + step, n))[:, column] for at in range(0, n, step)])


def joined(path: str, files: list[Path], parts: list[StoredRows], shuffle_rows: int) -> StoredRows:
    """The rows of all files, one after the other."""
    for file, part in zip(files, parts, strict=True):
        if (part.tail, part.source.dtype) != (parts[0].tail, parts[0].source.dtype):
            raise InputError(
                f"data.path={path}: {file.name} holds rows of shape {part.tail} and type {part.source.dtype}, "
                f"{files[0].name} of {parts[0].tail} and {parts[0].source.dtype}"
            )
    source: Any = parts[0].source if len(parts) == 1 else Shards([part.source for part in parts])
    first = parts[0]
    at_once = buffer_rows(shuffle_rows, first.tail)
    return StoredRows(source, 0, source.shape[0], first.tail, first.columns, buffer_rows=at_once)
