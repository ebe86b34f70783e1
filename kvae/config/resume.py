"""`resume=FOLDER`: repeats the command of a run or a sweep, in its folder."""

import os
from pathlib import Path

from kvae.config.foreign import check_command
from kvae.errors import InputError
from kvae.options.quoting import key_of, quoted

KEY = "resume="


def expand_resume(arguments: list[str]) -> list[str]:
    """The arguments of a command line, in which `resume=FOLDER` is replaced by the command of that folder.

    Overrides that are typed beside it replace those of the folder. The folder may come from somebody else:
    `kvae.config.foreign` checks its command.

    Raises:
        InputError: When the folder is not that of a run or a sweep, or its command is refused.
    """
    named = [argument for argument in arguments if argument.startswith(KEY)]
    if not named or named[-1] in (KEY, f"{KEY}null"):
        return arguments
    folder = Path(named[-1].removeprefix(KEY))
    if "${" in str(folder):
        raise InputError(f"resume={folder}: Hydra would interpolate the ${{ in the name. Rename the folder")
    typed = [argument for argument in arguments if not argument.startswith(KEY)]
    before, where = command_in(folder)
    keys = {key_of(argument) for argument in typed}
    kept = [override for override in before if key_of(override) not in keys]
    check_command(kept, folder)
    return [*where, *kept, *typed]


def command_in(folder: Path) -> tuple[list[str], list[str]]:
    """The overrides with which a folder was made, and the arguments that make a command use that folder."""
    from kvae.runs import RunFolder
    from kvae.runs.files import read_typed
    from kvae.sweep.folders import SweepFolder

    sweep, run = SweepFolder(folder), RunFolder(folder).overrides
    if os.path.lexists(sweep.plan):
        return sweep.read_plan()["command"], ["--multirun", f"hydra.sweep.dir={quoted(folder)}"]
    if not os.path.lexists(run):
        raise InputError(
            f"resume={folder} is no folder of a run or of a sweep that was begun (looked in {Path.cwd()})"
        )
    return read_typed(run), [f"hydra.run.dir={quoted(folder)}"]
