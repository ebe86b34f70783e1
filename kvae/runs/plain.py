"""Safe access to files and folders that somebody else may have made: only plain files are opened.

In a folder that was unpacked from an archive, every name can be a link, a pipe or a device. Reading from one may
never end, or may read a file outside the folder; writing to one may change a file outside the folder.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kvae.errors import InputError

# More levels than any folder of kvae has. A deeper one may have been made to exhaust the program that walks it.
DEEPEST = 40
# Files that are written in place, not replaced: a hard link elsewhere would change as well.
IN_PLACE = {".lock", "run.log", "multirun.yaml", "config.yaml", "hydra.yaml", "overrides.yaml", "study.db"}
# The folder in which submitit keeps links and pickles of its own; each start makes a new folder in it.
SUBMITIT = ".submitit"

KINDS = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_of(mode: int) -> str | None:
    """The kind of a file, in words; None for a plain file."""
    return next((words for is_one, words in KINDS if is_one(mode)), None)


def open_plain(path: Path, most: int | None = None) -> BinaryIO:
    """A plain file, open for reading; links are not followed, and pipes do not block.

    Args:
        path: The file. Its folder must not be a link either.
        most: The largest size that is allowed, in bytes.

    Raises:
        ValueError: When it is no plain file, or larger than `most`.
        OSError: When it cannot be read.
    """
    check_parent(path)
    if path.is_symlink():
        raise ValueError("it is a link, and links are not followed there. Put the file itself in its place")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        kind = kind_of(found.st_mode)
        if kind is not None:
            raise ValueError(f"it is {kind} and no file")
        if most is not None and found.st_size > most:
            raise ValueError(f"it is larger than {size_in_words(most)}")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def size_in_words(n_bytes: int) -> str:
    """A number of bytes in MiB or KiB."""
    return f"{n_bytes >> 20} MiB" if n_bytes >= 1 << 20 else f"{n_bytes >> 10} KiB"


def read_plain(path: Path, most: int) -> bytes:
    """The content of a plain file of at most `most` bytes.

    Raises:
        ValueError, OSError: As `open_plain`.
    """
    with open_plain(path, most) as file:
        content = file.read(most + 1)
    if len(content) > most:  # it grew while it was read
        raise ValueError(f"it is larger than {size_in_words(most)}")
    return content


def is_plain(path: Path) -> bool:
    """Whether `path` is a plain file, and not a link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and not path.parent.is_symlink()
    except OSError:
        return False


def check_parent(path: Path) -> None:
    """Raise ValueError where the folder of `path` is a link."""
    if path.parent.is_symlink():
        raise ValueError(f"its folder {path.parent} is a link. Put the folder itself in its place")


def create(path: Path) -> None:
    """Make a new, empty file.

    Raises:
        OSError: When the name is taken.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))


def token() -> str:
    """A part of a file name that nobody can predict."""
    return secrets.token_hex(4)


def real(path: Path) -> Path:
    """The target of `path` if it is a link, which a user may type; else `path`."""
    return path.resolve() if path.is_symlink() else path


def check_folder(folder: Path) -> None:
    """Check, before a run writes into a folder, that nothing written there can land elsewhere.

    Raises:
        InputError: With the first link, pipe or device in it, or file of `IN_PLACE` with a hard link elsewhere.
    """
    for path, found in walk(folder):
        kind = kind_of(found.st_mode)
        why = ""
        if kind not in (None, "a folder"):
            why = f"{kind}: what is written to it could land elsewhere"
        elif kind is None and found.st_nlink > 1 and path.name in IN_PLACE:
            why = "a file with a second name elsewhere (a hard link), which would change as well"
        if why:
            raise InputError(
                f"{path} is {why}. Nothing was written. Delete it, or copy the folder with  cp -rL  and use the "
                "copy"
            )


def walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All paths in a folder and below it, each with its `stat`; links are listed, not followed.

    Raises:
        InputError: When folders are nested deeper than `DEEPEST` levels.
    """
    waiting = [(folder, 0)]
    while waiting:
        current, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        for entry in entries:
            path = current / entry.name
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # another process has removed it
                continue
            yield path, found
            if stat.S_ISDIR(found.st_mode) and not (entry.name == SUBMITIT and depth == 0):
                if depth == DEEPEST:
                    raise InputError(f"{folder} holds folders nested deeper than any run: {DEEPEST} levels")
                waiting.append((path, depth + 1))


def files_named(folder: Path, name: str) -> list[Path]:
    """The plain files called `name` in a folder and below it, sorted.

    Raises:
        InputError: As `walk`.
    """
    return sorted(path for path, found in walk(folder) if path.name == name and stat.S_ISREG(found.st_mode))
