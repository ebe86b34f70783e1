"""The files in which mode=inspect describes the columns of a table, before anything is learnt."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kvae.runs.files import read_json, write_json
from kvae.runs.forms import list_of, optional, record, text, whole
from kvae.runs.plain import is_plain
from kvae.runs.run_folder import RunFolder

COLUMN = record(
    {
        "name": text,
        "kind": text,
        "likelihood": optional(text),
        "why": text,
        "n": whole,
        "missing": whole,
        "distinct": whole,
        "examples": list_of(text, 20),
    }
)
SEEN = record({"columns": list_of(COLUMN)})


def columns_file(folder: RunFolder) -> Path:
    """The kinds of the columns as YAML, which people edit and pass as `data.columns_file`."""
    return folder.path / "columns.yaml"


def figures_file(folder: RunFolder) -> Path:
    """The counts and examples of the columns, for the report of the run."""
    return folder.path / "columns.json"


def write_columns_seen(folder: RunFolder, columns: Iterable[Mapping[str, Any]]) -> None:
    """Write the counts and examples of the columns to `columns.json`."""
    write_json(figures_file(folder), {"columns": [dict(one) for one in columns]})


def read_columns_seen(folder: RunFolder) -> list[dict[str, Any]]:
    """What `write_columns_seen` wrote; empty for a run that inspected no table.

    Raises:
        InputError: When the file is damaged.
    """
    path = figures_file(folder)
    return read_json(path, SEEN)["columns"] if is_plain(path) else []
