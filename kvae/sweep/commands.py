"""The commands that repeat a job of a sweep, or its best setting, as a single run."""

import shlex
from collections.abc import Sequence

from kvae.runs import RunFolder
from kvae.sweep.settings import Setting


def command_of(setting: Setting) -> str:
    """The arguments that repeat a setting, with the `--config-dir` options of its jobs."""
    path = setting.jobs[0].path
    folders = [] if path is None else RunFolder(path).read_config_dirs()
    return " ".join(
        [*(shlex.quote(f"--config-dir={folder}") for folder in folders), as_command(setting.overrides)]
    )


def as_command(overrides: dict[str, str], keys: Sequence[str] | None = None) -> str:
    """Overrides, of all `keys` or of some, as one types them for a single run, quoted for a shell."""
    chosen = [key for key in overrides if key != "sweep" and (keys is None or key in keys)]
    return " ".join(shlex.quote(f"{key}={overrides[key]}") for key in chosen)
