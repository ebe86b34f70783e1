"""Write tables as text files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kvae.runs.csv_values import plain
from kvae.runs.files import whole_file

if TYPE_CHECKING:
    import polars as pl


def write_table(path: str | Path, frame: pl.DataFrame) -> None:
    """Write a table as .csv: names in the first line, an empty field for a missing value.

    Durations are written as `1 days 02:30:00`, lists as JSON.

    Raises:
        WriteError: When the file cannot be written; an existing file is kept.
    """
    with whole_file(Path(path)) as file:
        plain(frame).write_csv(file)
