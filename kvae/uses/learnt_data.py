"""The data that a run learnt, to be read again: where it is now, and whether it may have changed."""

import logging
from pathlib import Path
from typing import Any

from kvae.runs import RunFolder, has_content, learnt_path, path_beside, recorded, select
from kvae.uses.opened import Opened

log = logging.getLogger(__name__)


def plain_config(learnt: Opened) -> dict[str, Any]:
    """The config of a run, as plain values; see `learnt_path` for where its data is."""
    plain = learnt.plain
    data = dict(plain.get("data") or {})
    if isinstance(data.get("path"), str):
        data["path"] = learnt_path(learnt.folder)
    if isinstance(data.get("labels"), str):
        data["labels"] = path_beside(learnt.folder, data["labels"])
    return {**plain, "data": data}


def say_changed(learnt: RunFolder, held_out: bool = False, path: str | None = None) -> None:
    """Warn where the file that a run learnt from was written since, or is another one than it learnt.

    Args:
        learnt: The run.
        held_out: Whether its held-out rows are used.
        path: The file; None: where that of the run is now.
    """
    path = path or learnt_path(learnt)
    if (how := changed(learnt, path)) is not None:
        then = "learnt rows may count as held out" if held_out else "they are not those that were learnt"
        log.warning("warning: %s, %s. To learn the file again, type mode=learn", how, then)


def changed(learnt: RunFolder, path: str | None) -> str | None:
    """How the file that a run learnt from, now at a path, may have changed, in words; None where it has not."""
    known, begun = recorded(learnt), learnt.begun
    if path is None or begun is None or not Path(path).exists():
        return None
    if Path(path).is_file() and Path(path).stat().st_mtime > begun:
        what = "was written after the run began to learn from it"
    elif known is not None and not has_content(path, known):
        there = Path(known["folder"], str(select(learnt.read_config(), "data.path")))
        what = f"is another file than the run learnt ({there}, of {known['size']:,} bytes)"
    else:
        return None
    return f"data.path={path} {what}: if its rows or their order have changed"
