"""Where Python looks for packages: in what is installed first, and in the folder that one works in last.

Python itself puts the folder of the program, or with `-m` the working directory, before everything else. A file
there that is called like a package, such as `cycler.py`, would run in its place.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # the folder that kvae lies in
PACKED = ROOT / "kvae" / "conf"  # where a wheel has the files that stand in `conf/` beside run.py
IS_PACKED = PACKED.is_dir()
CONF = PACKED if IS_PACKED else ROOT / "conf"


def installed_first() -> None:
    """Look into the working directory and the folder of the program after everything that is installed.

    Raises:
        SystemExit: With one line, when the working directory is gone: nothing could be named in it.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise SystemExit(
            f"error: the folder that you are in is gone ({error.strerror}). Change to another"
        ) from error
    importlib.import_module("hydra_plugins.kvae_sweepers")  # as kvae itself: from the folder that comes first now
    sys.path[:] = in_order(sys.path)


def check_program() -> None:
    """Say what to type where `python -m kvae` was typed, which is no program.

    Raises:
        SystemExit: With that line.
    """
    typed = " ".join(sys.orig_argv[1:])
    if re.match(r"(-[A-Za-z]+ )*-m ?kvae( |$)", typed):
        program = "kvae" if IS_PACKED else "python run.py in kvae's folder"
        raise SystemExit(
            f"error: type {program}, or python -m kvae.report FOLDER, "
            "python -m kvae.sweep FOLDER, python -m kvae.compress info FILE"
        )


def in_order(path: Iterable[str]) -> list[str]:
    """An import path with the working directory and the folder of the program at its end."""
    last = {place for place in (os.path.realpath(""), os.path.dirname(os.path.realpath(sys.argv[0]))) if place}
    path = list(path)
    late = [entry for entry in path if os.path.realpath(entry) in last]
    return [entry for entry in path if entry not in late] + late


def for_a_child() -> str:
    """The import path of another process, as PYTHONPATH has it, which finds the same kvae as this one."""
    path = [entry for entry in in_order(sys.path) if entry]
    found = PathFinder.find_spec("kvae", path)
    if found is None or found.origin is None or Path(found.origin).resolve().parents[1] != ROOT:
        path.insert(0, str(ROOT))
    return os.pathsep.join(path)


def for_launchers() -> None:
    """Let processes that a launcher starts with `python -m` leave the working directory out."""
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    elsewhere = [entry for entry in in_order(sys.path) if os.path.realpath(entry) != os.path.realpath("")]
    if PathFinder.find_spec("kvae", elsewhere) is None:  # it is not installed, but lies where one works
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [known, str(ROOT)]))
