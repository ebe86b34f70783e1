"""One run at a time in a run folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kvae.errors import InputError
from kvae.files import relative, write_errors

NAME = ".lock"


def lock(folder: Path, wait: float = 0.0) -> FileLock:
    """Hold a run folder, which is made if need be, until the lock is released or the process ends.

    It does not matter how the process ends. One that holds a folder may lock it again.

    Args:
        folder: The run folder.
        wait: Seconds to wait for another process, which may be on its way out.

    Raises:
        InputError: When another process holds it.
        WriteError: When it cannot be made or written to.
    """
    path = folder.absolute() / NAME
    with write_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(path, is_singleton=True)
        try:
            held.acquire(timeout=wait)
        except Timeout as error:
            raise InputError(
                f"another run is at work in {relative(folder)}. Wait for its end, or leave hydra.run.dir out "
                "for a folder of its own"
            ) from error
    return held


def is_held(folder: Path) -> bool:
    """Whether a process is at work in a run folder."""
    if not (folder / NAME).is_file():
        return False
    probe = FileLock(folder.absolute() / NAME)
    try:
        with probe.acquire(blocking=False):
            return False
    except (Timeout, OSError):  # or a folder that only its owner may write to
        return True


@contextlib.contextmanager
def locked(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold a run folder, as `lock` does, for a block."""
    held = lock(folder, wait)
    try:
        yield
    finally:
        held.release()
