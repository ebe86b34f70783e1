"""Files that are whole or absent, and errors that say which file and why."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kvae.errors import InputError, WriteError

# More than any JSON of a run folder; it bounds what a foreign one can take in memory.
JSON_BYTES = 2**28
YAML_BYTES = 2**20


# How the names of files begin that are not yet whole.
PART = ".part-"


@contextlib.contextmanager
def whole_file(path: Path, before: Path | None = None) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well: never a torn file.

    What stood at `path` goes to `before`, if one is given.

    Raises:
        WriteError: When disk or folder do not take the file; what stood there is intact.
    """
    part = path.with_name(f"{PART}{path.name}")
    with write_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            if before is not None and path.exists():
                os.replace(path, before)
            os.replace(part, path)
            flush(path.parent)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """As `whole_file`, for a folder: whole or, should the machine stop between two renames, absent.

    Raises:
        WriteError: When disk or folder do not take it; what stood there is intact.
    """
    part, before = path.with_name(f"{PART}{path.name}"), path.with_name(f"{PART}before-{path.name}")
    with write_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            for inner in [part, *part.rglob("*")]:
                flush(inner)
            if path.exists():
                os.replace(path, before)
            os.replace(part, path)
            flush(path.parent)
        finally:
            for left in (part, before):
                shutil.rmtree(left, ignore_errors=True)


def remove_parts(folder: Path) -> None:
    """Remove what a process that was killed left half written in a folder that nobody else writes to."""
    for path in list(folder.rglob(f"{PART}*")):
        with write_errors(path):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def flush(path: Path) -> None:
    """Make what is in a file, or the renames in a folder, last through a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Word what the disk or the folder says while `path` is written."""
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
    """Word what goes wrong while data is read that could be read before: files vanish, and change."""
    try:
        yield
    except Exception as error:
        raise InputError(f"{path} can be read no more: {' '.join(str(error).split())}") from error


def why_not_written(error: BaseException) -> str | None:
    """What the system says of a write that failed; None when the fault is another."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    for reason in ("No space left on device", "File too large", "Disk quota exceeded"):
        if reason in str(error):  # of HDF5 and polars, which have exceptions of their own
            return reason
    return None


def write_json(path: Path, values: Any) -> None:
    """Write `values` as readable JSON."""
    with whole_file(path) as part:
        part.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of a run folder.

    Raises:
        InputError: When it is missing, no JSON, or larger than any that kvae writes.
    """
    try:
        if path.stat().st_size > JSON_BYTES:
            raise ValueError(f"it is larger than {JSON_BYTES >> 20} MiB")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is missing or damaged: {' '.join(str(error).split())}") from error


def read_yaml(path: Path) -> Any:
    """A small YAML file of plain values; None where it is missing, damaged or large."""
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.stat().st_size <= YAML_BYTES else None
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None


def relative(path: Path) -> str:
    """`path` as one would type it here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
