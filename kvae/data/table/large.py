"""Tables that stay in their Parquet files: columns are recognised in one pass, rows encoded when they are read."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kvae.data.index import text_of
from kvae.data.large import GIB, is_pattern, matching
from kvae.data.parquet import check_parquet, scan_parquet
from kvae.data.raw_table import Frame
from kvae.data.row_files import SPAN_BYTES
from kvae.data.source_file import existing_file, one_line
from kvae.data.stored import StoredRows, buffer_rows
from kvae.data.table.inferring import Wishes, learn_columns
from kvae.data.table.orders import lost_orders
from kvae.data.table.rows import encode
from kvae.data.table.seeing import see_stored
from kvae.data.table.whole import Beside, say_columns
from kvae.data.tables import Raw, say
from kvae.data.text import TextFormat
from kvae.data.values import labels_of
from kvae.errors import InputError
from kvae.runs.files import read_errors
from kvae.table import TableSpec

if TYPE_CHECKING:
    import polars as pl


def open_large_table(
    path: str, wishes: Wishes, fmt: TextFormat, memory: float, shuffle_rows: int, learnt: TableSpec | None = None
) -> Raw | None:
    """The rows of Parquet files: of several files, or of one that is larger than `memory`; None for other tables.

    Args:
        path: A file, or a pattern such as `part-*.parquet`: all such files, in the order of their names.
        wishes, learnt: As for `read_whole`.
        fmt: The format of text files; keys of it raise an error for Parquet files.
        memory: GiB that the rows may take in memory, as float32.
        shuffle_rows: Rows that a shuffled pass mixes at a time.

    Raises:
        InputError: When no file matches, files differ in their columns, or a file cannot be read.
    """
    pattern = is_pattern(path)
    files = matching(path) if pattern else [existing_file(path)]
    if files[0].suffix.lower() != ".parquet":
        if pattern:
            raise InputError(f"data.path={path} must match .parquet files. Received: {files[0].name}")
        return None
    if fmt.given():
        raise InputError(f"{' and '.join(fmt.given())} can be set for text files only. Received: data.path={path}")
    source = f"data.path={path}"
    try:
        scanned, n = opened(files)
        if not pattern and 4 * n * len(scanned.collect_schema()) <= memory * GIB:
            return None
        raw = stored_raw(scanned, n, source, wishes, memory, shuffle_rows, learnt)
        if learnt is None and raw.table is not None:
            say(lost_orders(files, raw.table))
        return raw
    except InputError:
        raise
    except Exception as error:  # polars raises many kinds
        raise InputError(f"{source} cannot be read as .parquet: {one_line(error)}") from error


def opened(files: list[Path]) -> tuple[pl.LazyFrame, int]:
    """The rows of all files as one lazy table, and their number."""
    import polars as pl

    frames = []
    for file in files:
        check_parquet(file)
        frames.append(scan_parquet(file))
    scanned = frames[0] if len(frames) == 1 else pl.concat(frames, how="vertical_relaxed")
    return scanned, int(scanned.select(pl.len()).collect().item())


def stored_raw(
    scanned: pl.LazyFrame,
    n: int,
    source: str,
    wishes: Wishes,
    memory: float,
    shuffle_rows: int,
    learnt: TableSpec | None,
) -> Raw:
    """The rows of a scanned table, its labels and ids."""
    import polars as pl

    if not n:
        raise InputError(f"{source} holds no rows")
    spec = learnt or learn_columns(see_stored(scanned, n, wishes.said or ()), wishes, source)
    names = scanned.collect_schema().names()
    beside = Beside.of(source, names, wishes, spec, known=learnt is not None)
    if wishes.label is not None and beside.label is None:
        scanned = scanned.with_columns(pl.lit(None).alias(str(wishes.label)))
    file = TableRowsFile(scanned, n, spec, wishes.unseen, source)
    rows = StoredRows(
        file, 0, n, (len(spec.columns),), buffer_rows=buffer_rows(shuffle_rows, (len(spec.columns),))
    )
    if learnt is None:
        say_columns(spec, wishes, gaps_in(rows), n)
    frame = Frame(source, pl.DataFrame(schema=scanned.collect_schema()), tuple(names), scanned=scanned)
    labels = None if beside.label is None else labels_of(frame, beside.label)
    ids = None if beside.ids is None else text_of(frame.column(beside.ids))
    x: Any = rows if 4 * rows.size > memory * GIB else rows[:]
    return Raw(x, labels, columns=spec.names, ids=ids, id_name=beside.id_name, table=spec)


def gaps_in(rows: StoredRows) -> np.ndarray:
    """The number of missing values of each column; this reads every row once, and so checks all of them."""
    step = rows.chunk
    parts = (rows[at : at + step] for at in range(0, len(rows), step))
    return np.sum([np.isnan(part).sum(axis=0) for part in parts], axis=0)


class TableRowsFile:
    """Rows of a scanned table, encoded in spans of `chunk` rows; the last two spans are kept in memory."""

    dtype = np.dtype(np.float32)

    def __init__(self, scanned: pl.LazyFrame, n: int, spec: TableSpec, unseen: str, source: str) -> None:
        wanted = [column.form.get("part_of", column.name) for column in spec.columns]
        there = scanned.collect_schema().names()
        self.frame = scanned.select([name for name in dict.fromkeys(wanted) if name in there])
        self.spec, self.unseen, self.source = spec, unseen, source
        self.shape: tuple[int, ...] = (n, len(spec.columns))
        self.chunk = min(max(SPAN_BYTES // (8 * len(spec.columns)), 1024), 131_072)
        self.span = lru_cache(maxsize=2)(self.encoded)

    def encoded(self, number: int) -> np.ndarray:
        """Span `number` of `chunk` rows."""
        first = number * self.chunk
        with read_errors(Path(self.source.removeprefix("data.path="))):
            frame = self.frame.slice(first, self.chunk).collect()
        return encode(frame, self.spec, self.unseen, self.source, lambda row: f"row {first + row}")

    def read(self, start: int, stop: int) -> np.ndarray:
        """Rows `start` to `stop`."""
        parts = [np.empty((0, *self.shape[1:]), np.float32)]
        for number in range(start // self.chunk, -(-stop // self.chunk)):
            first = number * self.chunk
            parts.append(self.span(number)[max(start - first, 0) : stop - first])
        return parts[1] if len(parts) == 2 else np.concatenate(parts)

    def gather(self, rows: np.ndarray) -> np.ndarray:
        """The rows with these numbers, in the order of `rows`; each span that is needed is encoded once."""
        found = np.empty((len(rows), *self.shape[1:]), np.float32)
        numbers = np.asarray(rows) // self.chunk
        for number in np.unique(numbers):
            here = numbers == number
            found[here] = self.span(int(number))[rows[here] - number * self.chunk]
        return found
