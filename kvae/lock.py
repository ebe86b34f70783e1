"""One run at a time in a run folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kvae.errors import InputError
from kvae.files import relative, write_errors

NAME = ".lock"


def lock(folder: Path) -> FileLock:
    """Hold a run folder, which is made if need be, until the lock is released or the process ends.

    It does not matter how the process ends. One that holds a folder may lock it again.

    Raises:
        InputError: When another process holds it.
        WriteError: When it cannot be made or written to.
    """
    path = folder.absolute() / NAME
    with write_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(path, is_singleton=True)
        try:
            held.acquire(blocking=False)
        except Timeout as error:
            raise InputError(
                f"another run is at work in {relative(folder)}. Wait for its end, or leave hydra.run.dir out "
                "for a folder of its own"
            ) from error
    return held


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run folder, as `lock` does, for a block."""
    held = lock(folder)
    try:
        yield
    finally:
        held.release()
