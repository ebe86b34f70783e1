"""One run at a time in a run folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kvae.errors import InputError
from kvae.runs.files import relative, write_errors
from kvae.runs.plain import check_folder, is_plain, real

NAME = ".lock"


def lock(folder: Path, wait: float = 0.0, what: str = "run") -> FileLock:
    """Lock a run folder until the lock is released or the process ends, in whatever way.

    The folder is made if there is none. A process that holds a lock may lock the folder again. Keep the returned
    object: the lock ends when it is garbage-collected.

    Args:
        folder: The folder of a run or of a sweep.
        wait: Seconds to wait for another process, which may be about to end.
        what: `run` or `sweep`: the kind of the folder, for the error text.

    Raises:
        InputError: When another process holds the folder, or files written into it could land elsewhere.
        WriteError: When the folder cannot be made or written to.
    """
    path = real(folder).absolute() / NAME
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        check_folder(folder)
        held = FileLock(path, is_singleton=True)
        try:
            held.acquire(timeout=wait)
        except Timeout as error:
            raise InputError(
                f"another {what} is at work in {relative(folder)}. Wait for its end, or leave hydra.{what}.dir "
                "out for a folder of its own"
            ) from error
    return held


def is_held(folder: Path) -> bool:
    """Whether a process is at work in a run folder."""
    path = real(folder).absolute() / NAME
    if not is_plain(path) or path.stat().st_nlink > 1:  # not a lock file of kvae
        return False
    probe = FileLock(path)
    try:
        with probe.acquire(blocking=False):
            return False
    except (Timeout, OSError):  # OSError: only the owner may write to the folder
        return True


@contextlib.contextmanager
def locked(folder: Path, wait: float = 0.0, what: str = "run") -> Iterator[None]:
    """Lock a folder, as `lock` does, for a block."""
    held = lock(folder, wait, what)
    try:
        yield
    finally:
        held.release()
