"""Files and folders that somebody else may have made: opened only where they are what they seem to be.

In a folder that was unpacked from an archive every name can be a link, a pipe or a device. What is read through
one of them never ends, or is not the folder's; what is written through one of them lands elsewhere.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kvae.errors import InputError

# More levels than any folder of kvae has; deeper ones are made to exhaust whoever walks through them.
DEEPEST = 40
# Files that are written in place, and not replaced: a second name elsewhere would be written to as well.
IN_PLACE = {".lock", "run.log", "multirun.yaml", "config.yaml", "hydra.yaml", "overrides.yaml", "study.db"}
# Where submitit keeps its own links and pickles. Each start gets a fresh folder in there.
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
    """What a file is, in words; None of a plain one."""
    return next((words for is_one, words in KINDS if is_one(mode)), None)


def open_plain(path: Path, most: int | None = None) -> BinaryIO:
    """A plain file, open for reading; links are not followed, and pipes are not waited for.

    Args:
        path: The file. Its folder must not be a link either.
        most: Bytes that it may have.

    Raises:
        ValueError: When it is no plain file, or larger.
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
    """A limit as people read it."""
    return f"{n_bytes >> 20} MiB" if n_bytes >= 1 << 20 else f"{n_bytes >> 10} KiB"


def read_plain(path: Path, most: int) -> bytes:
    """All of a plain file of at most `most` bytes.

    Raises:
        ValueError, OSError: As `open_plain`.
    """
    with open_plain(path, most) as file:
        content = file.read(most + 1)
    if len(content) > most:  # it grew while it was read
        raise ValueError(f"it is larger than {size_in_words(most)}")
    return content


def is_plain(path: Path) -> bool:
    """Whether there is a plain file of that name, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode) and not path.parent.is_symlink()
    except OSError:
        return False


def check_parent(path: Path) -> None:
    """Raise ValueError where the folder of `path` is a link."""
    if path.parent.is_symlink():
        raise ValueError(f"its folder {path.parent} is a link. Put the folder itself in its place")


def create(path: Path) -> None:
    """Make an empty file that was not there before.

    Raises:
        OSError: When there is something of that name.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))


def token() -> str:
    """A part of a name that nobody can know beforehand."""
    return secrets.token_hex(4)


def real(path: Path) -> Path:
    """The folder itself where `path`, which a user typed, is a link to it."""
    return path.resolve() if path.is_symlink() else path


def check_folder(folder: Path) -> None:
    """Raise InputError unless all that is written into a folder stays there: before anything is.

    Raises:
        InputError: With the first link, pipe or device in it, or file that has another name elsewhere.
    """
    for path, found in walk(folder):
        kind = kind_of(found.st_mode)
        why = ""
        if kind not in (None, "a folder"):
            why = f"{kind}: what is written there could land elsewhere"
        elif kind is None and found.st_nlink > 1 and path.name in IN_PLACE:
            why = "a file with a second name elsewhere (a hard link), which would change as well"
        if why:
            raise InputError(
                f"{path} is {why}. Nothing was written. Delete it, or copy the folder with  cp -rL  and use the "
                "copy"
            )


def walk(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """All that is in a folder and below it, and what each is; links are named and not followed.

    Raises:
        InputError: When it is nested deeper than any folder of kvae.
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
            except FileNotFoundError:  # another process is at work
                continue
            yield path, found
            if stat.S_ISDIR(found.st_mode) and not (entry.name == SUBMITIT and depth == 0):
                if depth == DEEPEST:
                    raise InputError(f"{folder} holds folders nested deeper than any run: {DEEPEST} levels")
                waiting.append((path, depth + 1))


def files_named(folder: Path, name: str) -> list[Path]:
    """The plain files of a name in a folder and below it, in order.

    Raises:
        InputError: As `walk`.
    """
    return sorted(path for path, found in walk(folder) if path.name == name and stat.S_ISREG(found.st_mode))
