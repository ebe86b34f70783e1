"""Folders of runs that ended before they began: a log and a config, and nothing that a run made."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kvae.errors import InputError
from kvae.runs.lock import NAME as LOCK
from kvae.runs.lock import locked

# What Hydra and kvae write into a run folder before the mode does.
NOTES = {LOCK, "run.log", "config.yaml", "hydra.yaml", "overrides.yaml"}
HYDRA = ".hydra"


@contextlib.contextmanager
def removed_if_unbegun(folder: str | Path, root: str | Path) -> Iterator[None]:
    """Remove a run folder below `root` if the block ends by a mistake or Ctrl-C before the run wrote to it."""
    try:
        yield
    except (InputError, SystemExit, KeyboardInterrupt):
        with contextlib.suppress(InputError, OSError):
            remove_unbegun(Path(folder).absolute(), Path(root).absolute())
        raise


def remove_unbegun(folder: Path, root: Path) -> None:
    """Remove a folder below `root` that holds nothing but a run's log and config, and folders that this empties.

    A folder elsewhere, which the user named, stays.
    """
    if root not in folder.parents or not only_notes(folder):
        return
    with locked(folder):
        for path in [*(folder / HYDRA).glob("*"), *folder.glob("*")]:
            if path.is_file():
                path.unlink()
        for path in (folder / HYDRA, folder):
            if path.exists():
                path.rmdir()
    for parent in folder.parents:
        if parent == root or any(parent.iterdir()):
            return
        parent.rmdir()


def only_notes(folder: Path) -> bool:
    """Whether a folder has the plain files that are there before a run begins, and no others."""
    for path in (path for part in (folder, folder / HYDRA) if part.is_dir() for path in part.iterdir()):
        if path.is_symlink() or not (path.name in NOTES or path == folder / HYDRA):
            return False
    return folder.is_dir() and not folder.is_symlink()
