"""The format version of files that a run writes and kvae reads back: each says in itself which one it has.

Files that hold an entry per metric, or numbers for everybody to read (`metrics.json`, `loss.txt`, codes), have no
room for one. They go by that of `run.json` beside them, which stands for the folder as a whole.
"""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from kvae.errors import LaterVersionError
from kvae.runs.forms import positive

NAME = "format_version"
# By names of files. Before these there were files without a number, which are read as version 1 is. A number is
# raised where an earlier kvae would misread what it is given; the one before it is still read, and tested.
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
    """The version in which kvae writes a file, by its name; None of one that has no number."""
    return next((version for name, version in VERSIONS.items() if fnmatch(path.name, name)), None)


def with_version(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """What is written to a file, the version first where it has one.

    Raises:
        ValueError: Where something else is called as the version is.
    """
    version = version_of(path)
    if version is None:
        return values
    if NAME in values:
        raise ValueError(f"{NAME} is what {path.name} says of itself. Call it otherwise")
    return {NAME: version} | values


def check_version(path: Path, found: Any, known: int) -> None:
    """See to it that a file is in a version that this kvae reads.

    Args:
        path: The file.
        found: What it says its version is; None of one that does not.
        known: The latest version that is read.

    Raises:
        LaterVersionError: For a later one.
        ValueError: For anything but a number.
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
    """The version that the comments at the head of a YAML file tell; None of one that people wrote."""
    found = re.match(rf"(?:#.*\n)*?# {NAME}: ([1-9]\d{{0,8}})\s*\n", text)
    return None if found is None else int(found[1])


def number_in(array: np.ndarray) -> Any:
    """The version that an array of an `.npz` holds."""
    return array.item() if array.shape == () else array.tolist()
