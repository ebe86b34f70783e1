"""Atomic writes: a file is whole or absent. Errors say which file, and why."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kvae.errors import InputError, LaterVersionError, WriteError
from kvae.runs.forms import Form, list_of, parse_json, parse_yaml, text
from kvae.runs.plain import check_parent, create, open_plain, read_plain, token, walk
from kvae.runs.version import NAME, check_version, version_of, with_version

# More than any such file of kvae has. The limit bounds the memory that a foreign file can take.
JSON_BYTES = 2**26
YAML_BYTES = 2**18

# The prefix of the names of files that are still being written.
PART = ".part-"


@contextlib.contextmanager
def whole_file(path: Path, before: Path | None = None) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block ends without an error: never a torn file.

    The temporary file is new and empty, under a name that nobody can predict. A link at `path` is replaced, not
    followed. A file that was at `path` is moved to `before`, if that is given.

    Raises:
        WriteError: When the file cannot be written; what was at `path` is intact.
    """
    part = part_of(path)
    with write_errors(path):
        try:
            make_folder(path.parent)
            create(part)
            yield part
            check_parent(path)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            if before is not None and os.path.lexists(path):
                os.replace(path, before)
            os.replace(part, path)
            flush(path.parent)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """As `whole_file`, for a folder: whole, or absent if the machine stops between the two renames.

    Raises:
        WriteError: When the folder cannot be written; what was at `path` is intact.
    """
    part, before = part_of(path), part_of(path.with_name(f"before-{path.name}"))
    with write_errors(path):
        try:
            make_folder(path.parent)
            yield part
            check_parent(path)
            for inner in [part, *part.rglob("*")]:
                flush(inner)
            if os.path.lexists(path):
                os.replace(path, before)
            os.replace(part, path)
            flush(path.parent)
        finally:
            for left in (part, before):
                with contextlib.suppress(OSError):
                    remove(left)


def part_of(path: Path) -> Path:
    """The path under which `path` is written until it is whole; a new name at each call."""
    return path.with_name(f"{PART}{token()}-{path.name}")


def make_folder(folder: Path) -> None:
    """Make the folder of a file that is about to be written, if there is none.

    Raises:
        WriteError: When it is a link: files written there would land elsewhere.
    """
    if folder.is_symlink():
        raise WriteError(
            f"{folder} is a link: what is written there could land elsewhere. Nothing was written. Delete it, or "
            "name the folder itself"
        )
    folder.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all its content; links are removed, not followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_empty(folder: Path) -> None:
    """Remove the empty folders directly in a folder, then the folder itself if it is empty."""
    for path in [*(path for path in folder.glob("*") if path.is_dir() and not path.is_symlink()), folder]:
        with contextlib.suppress(OSError):  # not empty, or absent
            path.rmdir()


def remove_parts(folder: Path) -> None:
    """Remove the temporary files of a killed process. No other process may be writing to the folder."""
    for path in [path for path, _ in walk(folder) if path.name.startswith(PART)]:
        with write_errors(path):
            remove(path)


def flush(path: Path) -> None:
    """Flush a file, or the renames in a folder, to disk, so that they survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Raise failures of disk or folder while `path` is written as `WriteError`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = why_not_written(error)
        if reason is None:
            raise
        raise WriteError(f"{path} could not be written: {reason}. What was finished before is intact") from error


@contextlib.contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Raise as `InputError` what fails when data is read a second time: its file may be gone or changed."""
    try:
        yield
    except Exception as error:
        raise InputError(f"{path} can no longer be read: {' '.join(str(error).split())}") from error


def why_not_written(error: BaseException) -> str | None:
    """The system's reason why a write failed; None for any other kind of error."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    for reason in ("No space left on device", "File too large", "Disk quota exceeded"):
        if reason in str(error):  # HDF5 and polars raise exceptions of their own
            return reason
    return None


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write `values` as indented JSON, after the format version if such files have one."""
    with whole_file(path) as part:
        part.write_text(json.dumps(with_version(path, values), indent=2) + "\n", encoding="utf-8")


def read_json(path: Path, form: Form | None = None) -> Any:
    """Read a JSON file of a run folder. It is checked, for it may come from somebody else.

    Args:
        path: The file.
        form: What it must hold; see `kvae.runs.forms`.

    Raises:
        InputError: When it is missing, no plain file, no JSON, larger or nested deeper than any that kvae
            writes, not of `form`, or of a later version.
    """
    try:
        found = parse_json(read_plain(path, JSON_BYTES))
        known = version_of(path)
        if known is not None and isinstance(found, dict):
            check_version(path, found.pop(NAME, None), known)
        return found if form is None else form(found, "")
    except LaterVersionError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is missing or damaged: {' '.join(str(error).split())}") from error


def read_yaml(path: Path) -> Any:
    """A YAML file of plain values, at most 256 KiB; None if it is missing, damaged, larger, or no plain file."""
    try:
        return parse_yaml(read_plain(path, YAML_BYTES))
    except (OSError, ValueError, RecursionError):
        return None


def read_typed(path: Path) -> list[str]:
    """The overrides of a run, as they were typed, from the file that Hydra wrote.

    Raises:
        InputError: When the file is missing, no plain file, or no list of texts.
    """
    try:
        return list_of(text, 10_000)(parse_yaml(read_plain(path, YAML_BYTES)) or [], "")
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is missing or damaged: {' '.join(str(error).split())}") from error


def sha256_of(path: Path) -> str:
    """SHA-256 of a plain file, 64 hex digits.

    Raises:
        InputError: When it cannot be read.
    """
    try:
        digest = hashlib.sha256()
        with open_plain(path) as file:
            while piece := file.read(2**20):
                digest.update(piece)
        return digest.hexdigest()
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def relative(path: Path) -> str:
    """`path` relative to the working directory where it is below that, else as it is."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
