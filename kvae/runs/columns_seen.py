"""What a run says of the columns of a table before they are learnt: files beside its metrics."""

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
    """What the columns are taken for, for people to change, and for `data.columns_file`."""
    return folder.path / "columns.yaml"


def figures_file(folder: RunFolder) -> Path:
    """The columns in figures, for the page of the run."""
    return folder.path / "columns.json"


def write_columns_seen(folder: RunFolder, columns: Iterable[Mapping[str, Any]]) -> None:
    """Write the columns of a table in figures."""
    write_json(figures_file(folder), {"columns": [dict(one) for one in columns]})


def read_columns_seen(folder: RunFolder) -> list[dict[str, Any]]:
    """What `write_columns_seen` wrote; empty of a run that looked at no table.

    Raises:
        InputError: When the file is damaged.
    """
    path = figures_file(folder)
    return read_json(path, SEEN)["columns"] if is_plain(path) else []
