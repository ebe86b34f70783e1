"""Tables that stay in their files because they are larger than `data.memory`, and folders of shards."""

import glob
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kvae.data.columns import Choice, Column, Wanted, choose
from kvae.data.index import index_columns, text_of
from kvae.data.labels import label_names, tidy_labels
from kvae.data.original import AsCame, Original
from kvae.data.original.arrays import as_arrays
from kvae.data.original.tables import TableRows
from kvae.data.parquet import index_places, scan_parquet
from kvae.data.raw_table import Frame
from kvae.data.row_files import NpyFile, ParquetFile, Shards, Source
from kvae.data.source_file import existing_file, one_line
from kvae.data.stored import StoredRows, buffer_rows
from kvae.data.tables import Raw, say
from kvae.data.values import check_numeric, labels_of
from kvae.errors import InputError
from kvae.runs.npy import read_header

ENDINGS = (".npy", ".parquet")
GIB = 2**30


def open_large(
    path: str,
    columns: Sequence[Column] | None,
    label_column: Column | None,
    memory: float,
    shuffle_rows: int,
    learnt: tuple[str, ...] | None = None,
    id_column: Column | None = None,
    size: int | None = None,
) -> Raw | None:
    """The table as rows that stay in their files; None for one file that fits in `memory` or has another ending.

    Args:
        path: A `.npy` or `.parquet` file, or a pattern such as `shards/*.npy`: all such files, in the order of
            their names.
        columns, label_column, id_column: As for `kvae.data.tables.read_table`. Labels and ids are always read
            into memory.
        memory: GiB that the observations may take in memory, as float32.
        shuffle_rows: Rows that a shuffled pass mixes at a time.
        learnt, size: As for `read_table`. With several files the columns of the later ones are taken by the
            names in the first.

    Raises:
        InputError: When no file matches, files differ in shape or type, or a file cannot be read.
    """
    files = matching(path) if is_pattern(path) else [existing_file(path)]
    wanted = Wanted(columns, label_column, id_column, learnt, size)
    if not is_pattern(path) and fits(files[0], wanted, memory):
        return None
    opened: list[Opened] = []
    for file in files:
        opened.append(open_one(file, wanted))
        wanted = replace(wanted, learnt=opened[0].choice.names)
    first = opened[0]
    say((*first.words, *first.choice.words))
    rows = joined(path, files, [one.rows for one in opened], shuffle_rows)
    x: Any = rows if 4 * rows.size > memory * GIB else rows[:]
    labels, ids = (together([getattr(one, name) for one in opened]) for name in ("labels", "ids"))
    id_name = None if ids is None else first.id_name
    return Raw(x, labels, columns=first.choice.names, ids=ids, id_name=id_name, came=came_of(files, opened, rows))


@dataclass(frozen=True)
class Opened:
    """One file: its rows, the choice of its columns, its labels and ids, and `words`, messages for the user.

    `names` are the names of all columns of a table; None for an array.
    """

    rows: StoredRows
    choice: Choice
    labels: np.ndarray | None = None
    ids: np.ndarray | None = None
    id_name: str = "id"
    words: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None


def came_of(files: list[Path], opened: list[Opened], rows: StoredRows) -> AsCame:
    """The rows of all files as the files have them; for tables, with the columns of the first."""
    features, names = opened[0].choice.features, opened[0].names

    def open_all() -> Original:
        return as_arrays(rows) if names is None else TableRows.of_files(files, names, features)

    return AsCame(open_all, range(len(rows)))


def together(parts: list[np.ndarray | None]) -> np.ndarray | None:
    """Labels or ids of all files; None where a file has none."""
    there = [part for part in parts if part is not None]
    if len(there) < len(parts):
        return None
    kinds = {part.dtype.kind in "US" for part in there}
    return np.concatenate([label_names(part) for part in there] if len(kinds) > 1 else there)


def fits(file: Path, wanted: Wanted, memory: float) -> bool:
    """Whether a file fits in memory and is read whole.

    True also for a file whose size cannot be read: the reader of whole files raises what is wrong with it.
    """
    try:
        if file.suffix.lower() == ".npy":
            with file.open("rb") as stream:
                size = math.prod(read_header(stream)[0])
        elif file.suffix.lower() == ".parquet":
            import polars as pl

            frame = scan_parquet(file)
            names = frame.collect_schema().names()
            features = choose("", names, len(names), wanted).features
            size = len(features) * int(frame.select(pl.len()).collect().item())
        else:
            return True
    except Exception:  # NumPy and polars raise many kinds
        return True
    return 4 * size <= memory * GIB


def is_pattern(path: str) -> bool:
    """Whether a path is a pattern that is not itself the name of a file, or a folder of Parquet files.

    Spark and others write a folder of Parquet files in place of one file.
    """
    return is_parquet_folder(path) or (any(sign in path for sign in "*?[") and not Path(path).exists())


def is_parquet_folder(path: str) -> bool:
    """Whether a path is a folder with Parquet files in it, or in subfolders such as `year=2024`."""
    folder = Path(path)
    return folder.is_dir() and any(True for where in ("*.parquet", "*=*/**/*.parquet") for _ in folder.glob(where))


def matching(path: str) -> list[Path]:
    """The files of a pattern, sorted; all with one ending.

    Raises:
        InputError: When there are none, when their endings differ, or when subfolders such as `year=2024` hold the
            values of a column in their names.
    """
    if is_parquet_folder(path):
        if by_value := next(Path(path).glob("*=*"), None):
            raise InputError(
                f"data.path={path} keeps the column {by_value.name.partition('=')[0]!r} in the names of its "
                f"folders ({by_value.name}), where it would be lost. Write it without partitionBy"
            )
        path = f"{glob.escape(path)}/*.parquet"
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


def open_one(file: Path, wanted: Wanted) -> Opened:
    """The rows of one file, its labels and ids."""
    try:
        if file.suffix.lower() == ".parquet":
            return open_parquet(file, wanted)
        source = NpyFile(file)
    except InputError:
        raise
    except Exception as error:  # polars and NumPy raise many kinds
        raise InputError(f"data.path={file} cannot be read as {file.suffix}: {one_line(error)}") from error
    rows = stored(source)
    if len(source.shape) != 2 and (wanted.columns, wanted.label, wanted.ids) == (None, None, None):
        return Opened(rows, Choice(()))
    width = source.shape[1] if len(source.shape) == 2 else 0
    choice = choose(f"data.path={file}", None, width, wanted)
    if choice.features == tuple(range(width)):
        return Opened(rows, choice)
    labels = None if choice.label is None else tidy_labels(column_values(source, choice.label))
    ids = None if choice.ids is None else label_names(column_values(source, choice.ids))
    rows = StoredRows(source, 0, len(rows), (len(choice.features),), choice.features)
    return Opened(rows, choice, labels, ids)


def open_parquet(file: Path, wanted: Wanted) -> Opened:
    """The rows of a Parquet file, its labels and ids."""
    import polars as pl

    scanned = scan_parquet(file)
    schema = scanned.collect_schema()
    names = schema.names()
    types, places = pl.DataFrame(schema=schema), index_places(file, names)
    frame = Frame(f"data.path={file}", types, tuple(names), row_names=places, scanned=scanned)
    left_out, words = index_columns(frame, wanted)
    choice = choose(frame.source, names, len(names), wanted, left_out)
    check_numeric(frame, choice)
    n = int(scanned.select(pl.len()).collect().item())
    labels = None if choice.label is None else labels_of(frame, choice.label)
    ids = None if choice.ids is None else text_of(frame.column(choice.ids))
    rows = stored(ParquetFile(file, [names[i] for i in choice.features], n))
    id_name = "id" if choice.ids is None else names[choice.ids] or "id"
    told = () if set(left_out) & set(choice.features) else tuple(words)
    return Opened(rows, choice, labels, ids, id_name, told, tuple(names))


def stored(source: Source) -> StoredRows:
    """All rows and columns of a source."""
    return StoredRows(source, 0, source.shape[0], source.shape[1:])


def column_values(source: Source, column: int) -> np.ndarray:
    """One column, read a chunk at a time."""
    n, step = source.shape[0], 65_536
    return np.concatenate([source.read(at, min(at + step, n))[:, column] for at in range(0, n, step)])


def joined(path: str, files: list[Path], parts: list[StoredRows], shuffle_rows: int) -> StoredRows:
    """The rows of all files, one after the other."""
    for file, part in zip(files, parts, strict=True):
        other = isinstance(part.source, NpyFile) and part.source.dtype != parts[0].source.dtype
        if other or part.tail != parts[0].tail:
            raise InputError(
                f"data.path={path}: {file.name} holds rows of shape {part.tail} and type {part.source.dtype}, "
                f"{files[0].name} of {parts[0].tail} and {parts[0].source.dtype}"
            )
    source: Any = parts[0].source if len(parts) == 1 else Shards([part.source for part in parts])
    first = parts[0]
    at_once = buffer_rows(shuffle_rows, first.tail)
    return StoredRows(source, 0, source.shape[0], first.tail, first.columns, buffer_rows=at_once)
