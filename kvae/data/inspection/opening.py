"""Open a table for inspection."""

from __future__ import annotations

from kvae.data.inspection.seen import TableSeen
from kvae.data.large import GIB, is_pattern, matching
from kvae.data.raw_table import Frame
from kvae.data.source_file import existing_file
from kvae.data.table.inferring import Wishes, learn_columns, place_of
from kvae.data.table.large import opened
from kvae.data.table.orders import lost_orders
from kvae.data.table.reading import open_table
from kvae.data.table.rows import encode
from kvae.data.table.seeing import see_all, see_stored
from kvae.data.text import TextFormat
from kvae.errors import InputError
from kvae.table import TableSpec

# About how many rows of a table that stays in its files are used, spread evenly.
SAMPLE = 200_000


def look_at(path: str, wishes: Wishes, fmt: TextFormat, memory: float) -> tuple[TableSeen, list[str]]:
    """A table as it was read and as a model would have it, and messages for the user about how it was read.

    Args:
        path: The file, or a pattern of Parquet files.
        wishes: The keys of the user about the columns.
        fmt: How a text file writes its table.
        memory: GiB, as float32, up to which all rows of a Parquet file are used.

    Raises:
        InputError: When the table cannot be read, or no column of it can be learnt.
    """
    files = matching(path) if is_pattern(path) else [existing_file(path)]
    if files[0].suffix.lower() == ".parquet" and not fmt.given():
        scanned, n = opened(files)
        width = len(scanned.collect_schema())
        if n and (len(files) > 1 or 4 * n * width > memory * GIB):
            spec = learn_columns(see_stored(scanned, n), wishes, f"data.path={path}")
            every = max(1, n // SAMPLE)
            frame = scanned.gather_every(every).collect(engine="streaming")
            words = [f"data.path={path}: figures and pictures are of {len(frame):,} of {n:,} rows"]
            table = Frame(f"data.path={path}", frame, tuple(frame.columns))
            orders = lost_orders(files, spec)
            return seen_of(table, spec, wishes, [*words, *orders] if every > 1 else orders)
    table = open_table(path, fmt, as_text=wishes.as_text)
    if not len(table.data):
        raise InputError(f"{table.source} holds no rows")
    spec = learn_columns(see_all(table.data, table.notation.decimal), wishes, table.source)
    return seen_of(table, spec, wishes, [*table.words, *lost_orders(files, spec)])


def seen_of(table: Frame, spec: TableSpec, wishes: Wishes, words: list[str]) -> tuple[TableSeen, list[str]]:
    """A table for inspection, and `words` with messages about numbers that float32 rounds."""
    x = encode(table.data, spec, wishes.unseen, table.source, table.place, words)
    label = place_of(table.source, "data.label_column", wishes.label, table.data.columns)
    return TableSeen(table.data, spec, x, None if label is None else table.data.columns[label], table.signs), words
