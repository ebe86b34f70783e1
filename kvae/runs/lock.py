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
    """Hold a run folder, which is made if need be, until the lock is released or the process ends.

    It does not matter how the process ends. One that holds a folder may lock it again.

    The lock goes with the object that this returns: whoever lets go of that lets go of the folder.

    Args:
        folder: The folder of a run or of a sweep.
        wait: Seconds to wait for another process, which may be on its way out.
        what: `run` or `sweep`, which the folder is of.

    Raises:
        InputError: When another process holds it, or what is written into it could land elsewhere.
        WriteError: When it cannot be made or written to.
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
    if not is_plain(path) or path.stat().st_nlink > 1:  # no lock of kvae's
        return False
    probe = FileLock(path)
    try:
        with probe.acquire(blocking=False):
            return False
    except (Timeout, OSError):  # or a folder that only its owner may write to
        return True


@contextlib.contextmanager
def locked(folder: Path, wait: float = 0.0, what: str = "run") -> Iterator[None]:
    """Hold a folder, as `lock` does, for a block."""
    held = lock(folder, wait, what)
    try:
        yield
    finally:
        held.release()
