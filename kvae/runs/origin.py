"""The origin of a result: versions of packages, and the commit of the code."""

import contextlib
import functools
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kvae.process.paths import IS_PACKED

PACKAGES = ("kvae-experiments", "keras", "tensorflow", "numpy", "hydra-core", "scikit-learn")


def versions() -> dict[str, str]:
    """Versions of the installed packages that affect results."""
    return dict(versions_of_this_process())


@functools.cache
def versions_of_this_process() -> dict[str, str]:
    """The same, read once: a process keeps the packages that it has imported."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


@functools.cache
def git_commit() -> str | None:
    """The commit of the running code, followed by `-dirty` if it was changed; None outside a repository.

    Read once: what runs is what the process imported, whatever is committed meanwhile.
    """
    if IS_PACKED:  # a repository around an installed package is not kvae's
        return None
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
