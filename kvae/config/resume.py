"""`resume=FOLDER`: the command that a run or a sweep was started with, again, in its folder."""

import re
from pathlib import Path

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from kvae.errors import InputError

KEY = "resume="


def expand_resume(arguments: list[str]) -> list[str]:
    """The arguments of a command line, with those of the run or sweep that `resume=FOLDER` names before them.

    What is typed beside it counts more than what was typed then.

    Raises:
        InputError: When the folder is none of a run or of a sweep.
    """
    named = [argument for argument in arguments if argument.startswith(KEY)]
    if not named or named[-1] in (KEY, f"{KEY}null"):
        return arguments
    folder = Path(named[-1].removeprefix(KEY))
    typed = [argument for argument in arguments if not argument.startswith(KEY)]
    before, where = command_in(folder)
    keys = {key_of(argument) for argument in typed}
    return [*where, *(override for override in before if key_of(override) not in keys), *typed]


def command_in(folder: Path) -> tuple[list[str], list[str]]:
    """The overrides that made a folder, and the arguments that send a command there."""
    from kvae.sweep.folders import SweepFolder

    sweep, run = SweepFolder(folder), folder / ".hydra" / "overrides.yaml"
    if sweep.plan.is_file():
        return sweep.read_plan()["command"], ["--multirun", f"hydra.sweep.dir={quoted(folder)}"]
    try:
        return list(OmegaConf.load(run)), [f"hydra.run.dir={quoted(folder)}"]
    except (OSError, OmegaConfBaseException) as error:
        raise InputError(
            f"resume={folder} is no folder of a run or of a sweep that was begun (looked in {Path.cwd()})"
        ) from error


def quoted(path: str | Path) -> str:
    """A path as the value of an override, whatever characters it has.

    Hydra takes a backslash for itself, but where it stands before a quote or at the end.
    """
    text = re.sub(r"(\\*)('|$)", lambda found: 2 * found[1] + ("\\'" if found[2] else ""), str(path))
    return f"'{text}'"


def key_of(override: str) -> str:
    """The key of an override: `+a.b=1` is one of `a.b`."""
    return override.partition("=")[0].lstrip("+~")
