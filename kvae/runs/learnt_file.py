"""The file of data that a run learnt: where it was and how large, by its `run.json`, and where it is now."""

import glob
import hashlib
from pathlib import Path
from typing import Any

from kvae.runs.run_folder import RunFolder
from kvae.runs.run_forms import LearntFile

# So many bytes at either end of a file are compared.
ENDS = 2**16


def as_recorded(path: Any, n_rows: int) -> LearntFile | None:
    """What a run records of its `data.path`; None for data without a path."""
    if not isinstance(path, str):
        return None
    size, ends = content(path)
    return {"folder": str(Path.cwd()), "size": size, "ends": ends, "rows": n_rows}


def content(path: str) -> tuple[int | None, str | None]:
    """The size of the file, or of all files of the pattern, and a hash of their ends; None of a folder."""
    files = files_at(path)
    if not files:
        return None, None
    try:
        found = hashlib.sha256()
        for file in dict.fromkeys((files[0], files[-1])):
            with file.open("rb") as stream:
                found.update(stream.read(ENDS))
                stream.seek(max(stream.tell(), file.stat().st_size - ENDS))
                found.update(stream.read(ENDS))
        return sum(file.stat().st_size for file in files), found.hexdigest()
    except OSError:
        return None, None


def files_at(path: str) -> list[Path]:
    """The file at a path, or those that a pattern matches; none for a folder."""
    one = Path(path)
    if one.is_file() or one.is_dir():
        return [one] if one.is_file() else []
    return [Path(name) for name in sorted(glob.glob(path, recursive=True)) if Path(name).is_file()]


def learnt_path(run: RunFolder) -> Any:
    """Where the data of a run is: where it was when it was learnt or, if it is gone there, in today's folder."""
    path, known = path_of(run), recorded(run)
    if known is None or not isinstance(path, str):
        return path
    there = Path(known["folder"], path)
    moved = there != Path.cwd() / path
    return str(there) if moved and is_there(there) else path


def path_beside(run: RunFolder, path: str) -> str:
    """Where another relative path of a learnt config points: as `learnt_path`."""
    known = recorded(run)
    there = None if known is None else Path(known["folder"], path)
    return str(there) if there is not None and there != Path.cwd() / path and is_there(there) else path


def is_path_of(run: RunFolder, path: Any) -> bool:
    """Whether a `data.path` that is typed today is the file or folder that a run learnt, or both have none.

    A relative path that is spelt as the run's, in another folder, is that file if it has its content, or if the
    file is gone from where it was learnt.
    """
    theirs, known = path_of(run), recorded(run)
    if not isinstance(path, str) or not isinstance(theirs, str):
        return path is None and theirs is None
    if known is None:
        return real(path) == real(theirs)
    there = Path(known["folder"], theirs)
    if real(path) == real(there):
        return True
    return real(path) == real(theirs) and (not is_there(there) or has_content(path, known))


def has_content(path: str, known: LearntFile) -> bool:
    """Whether the data at a path is as large as what was learnt, and ends in the same way."""
    return known["size"] is None or content(path) == (known["size"], known["ends"])


def is_there(path: Path) -> bool:
    """Whether there is a file, a folder, or a file that matches a pattern."""
    return path.exists() or bool(files_at(str(path)))


def real(path: str | Path) -> Path:
    """A path in full, without symbolic links."""
    try:
        return Path(path).resolve()
    except (OSError, ValueError):  # a loop of links, or no path at all
        return Path(path)


def path_of(run: RunFolder) -> Any:
    """The `data.path` of a run, as it was typed; None without one."""
    return (run.read_config().get("data") or {}).get("path")


def recorded(run: RunFolder) -> LearntFile | None:
    """What `as_recorded` gave when the run began; None for runs of earlier versions."""
    return run.read_run().get("data")
