"""The index of a folder of runs, `index.html`: all runs and sweeps below it, newest first, on one page."""

import os
from pathlib import Path

from kvae.errors import InputError
from kvae.report.index.entries import entries_of
from kvae.report.index.page import page
from kvae.runs.files import whole_file
from kvae.runs.plain import read_plain

NAME = "index.html"
MADE_BY = b"Made by kvae from"
LARGEST = 2**28


def write_index(folder: Path) -> Path | None:
    """Write the index of the runs in a folder and below it; returns its path, or None without runs.

    Raises:
        InputError: When the folder has an `index.html` that kvae did not make.
        WriteError: When the page cannot be written.
    """
    entries = entries_of(folder)
    if not entries:
        return None
    path = folder / NAME
    check_own(path)
    with whole_file(path) as part:
        part.write_text(page(folder, entries), encoding="utf-8")
    return path


def check_own(path: Path) -> None:
    """Raise InputError for an existing page that kvae did not make: the folder may be part of a website."""
    if not os.path.lexists(path):
        return
    try:
        is_own = MADE_BY in read_plain(path, LARGEST)
    except (OSError, ValueError):
        is_own = False
    if not is_own:
        raise InputError(f"{path} was not made by kvae, and is left as it is. Move it, or give another folder")
