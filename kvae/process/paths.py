"""Where Python looks for packages: first among installed ones, and last in the working directory.

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
    """Move the working directory and the folder of the program behind everything that is installed.

    Raises:
        SystemExit: With one line, when the working directory no longer exists.
    """
    try:
        os.getcwd()
    except OSError as error:
        raise SystemExit(
            f"error: the current folder no longer exists ({error.strerror}). Change to another"
        ) from error
    importlib.import_module("hydra_plugins.kvae_sweepers")  # now, from the same folder as kvae
    sys.path[:] = in_order(sys.path)


def check_program() -> None:
    """Refuse `python -m kvae`, which is not a program.

    Raises:
        SystemExit: With one line that says what to type.
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
    """The PYTHONPATH of a child process, by which it finds the same kvae as this process."""
    path = [entry for entry in in_order(sys.path) if entry]
    found = PathFinder.find_spec("kvae", path)
    if found is None or found.origin is None or Path(found.origin).resolve().parents[1] != ROOT:
        path.insert(0, str(ROOT))
    return os.pathsep.join(path)


def for_launchers() -> None:
    """Keep the working directory out of the import path of processes that a launcher starts with `python -m`."""
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    elsewhere = [entry for entry in in_order(sys.path) if os.path.realpath(entry) != os.path.realpath("")]
    if PathFinder.find_spec("kvae", elsewhere) is None:  # it is not installed, but in the working directory
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [known, str(ROOT)]))
