"""The format version of files that a run writes and kvae reads back; each file holds its own.

Files that hold an entry per metric, or numbers for other programs (`metrics.json`, `loss.txt`, codes), have no
room for a version. That of `run.json` beside them counts for the whole folder.
"""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import LaterVersionError
from kvae.runs.forms import positive

NAME = "format_version"
# By file name. A file without a version was written before there were versions, and is read as version 1. A
# version is raised where an earlier kvae would misread the new file; the version before is still read, and tested.
VERSIONS = {
    "run.json": 1,
    "input.json": 1,
    "input_*.json": 1,
    "columns.json": 1,
    "columns.yaml": 1,
    "seconds.json": 1,
    "job.json": 1,
    "sweep.json": 1,
    "mlflow.json": 1,
    "evaluate.json": 1,
    "model.keras": 1,
    "model.ckpt*.npz": 1,
    "model*.npz": 1,
    "held_out.npz": 1,
    "counts_recog.npz": 1,
}


CHECKPOINT, MODEL = VERSIONS["model.ckpt*.npz"], VERSIONS["model.keras"]


def version_of(path: Path) -> int | None:
    """The version in which kvae writes a file, by its name; None for a file without one."""
    return next((version for name, version in VERSIONS.items() if fnmatch(path.name, name)), None)


def with_version(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The values to write to a file, after its version if such files have one.

    Raises:
        ValueError: When a value has the name of the version.
    """
    version = version_of(path)
    if version is None:
        return values
    if NAME in values:
        raise ValueError(f"{NAME} is the name of the version in {path.name}. Use another name")
    return {NAME: version} | values


def check_version(path: Path, found: Any, known: int) -> None:
    """Check that a file is in a version that this kvae reads.

    Args:
        path: The file.
        found: The version in the file; None without one.
        known: The latest version that is read.

    Raises:
        LaterVersionError: For a later one.
        ValueError: For anything but a whole number >= 1.
    """
    if found is None:
        return
    version = positive(found, f"its {NAME}")
    if version > known:
        raise LaterVersionError(
            f"{path} was written by a later kvae: its format version is {version}, and this one reads up to "
            f"{known}. Use the kvae that wrote it, or a newer one"
        )


def version_in(text: str) -> int | None:
    """The version in the comments at the head of a YAML file; None without one, as in a file by hand."""
    found = re.match(rf"(?:#.*\n)*?# {NAME}: ([1-9]\d{{0,8}})\s*\n", text)
    return None if found is None else int(found[1])


def number_in(array: np.ndarray) -> Any:
    """The version that an array of an `.npz` holds."""
    return array.item() if array.shape == () else array.tolist()
