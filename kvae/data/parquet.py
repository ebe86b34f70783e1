"""Parquet files: their columns, and which of them pandas wrote for its index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from kvae.data.raw_table import Frame
from kvae.runs.npy import check_expansion

if TYPE_CHECKING:
    import polars as pl


def read_parquet(file: Path) -> Frame:
    """Read a whole Parquet file.

    Raises:
        ValueError: For a file made to fill the memory when it is read. For damaged files polars raises its own
            errors.
    """
    import polars as pl

    check_parquet(file)
    frame = pl.read_parquet(file, glob=False)
    return Frame(f"data.path={file}", frame, tuple(frame.columns), row_names=index_places(file, frame.columns))


def scan_parquet(file: Path) -> pl.LazyFrame:
    """A Parquet file as a lazy frame; reads no rows."""
    import polars as pl

    return pl.scan_parquet(file, glob=False)


def index_places(file: Path, names: list[str]) -> tuple[int, ...]:
    """Positions of the columns that pandas wrote for its index, from the metadata of the file."""
    import polars as pl

    try:
        notes = json.loads(pl.read_parquet_metadata(file).get("pandas", "{}"))
        index = [name for name in notes["index_columns"] if isinstance(name, str)]
    except Exception:  # no metadata of pandas, or a wrong one
        return ()
    return tuple(i for i, name in enumerate(names) if name in index)


def ordered_in_pandas(file: Path) -> tuple[str, ...]:
    """Names of the columns that are ordered categoricals in pandas, from the metadata of the file."""
    import polars as pl

    try:
        notes = json.loads(pl.read_parquet_metadata(file).get("pandas", "{}"))
        return tuple(
            str(one["name"]) for one in notes["columns"] if (one["metadata"] or {}).get("ordered") is True
        )
    except Exception:  # no metadata of pandas, or a wrong one
        return ()


def notes_of(file: Path) -> dict[str, str]:
    """The metadata of a Parquet file by name, without that of its columns' types."""
    import polars as pl

    return {name: text for name, text in pl.read_parquet_metadata(file).items() if name != "ARROW:schema"}


def check_parquet(file: Path) -> None:
    """Raise ValueError for a Parquet file made to fill the memory when it is read."""
    import polars as pl

    frame = scan_parquet(file)
    columns = len(frame.collect_schema())
    rows = int(frame.select(pl.len()).collect().item())
    check_expansion(f"its {rows:,} rows of {columns} columns take", 4 * rows * columns, file.stat().st_size)
