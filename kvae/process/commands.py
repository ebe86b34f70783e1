"""How kvae is called on the command line: `python run.py` in its folder, or `kvae` of an installed package."""

import os

from kvae.process.paths import IS_PACKED

# The environment variable that tells the processes of a command which program was typed.
VARIABLE = "KVAE_COMMAND"
SCRIPT, COMMAND = "python run.py", "kvae"


def begin(command: str) -> None:
    """Store which program was typed: `SCRIPT` or `COMMAND`."""
    os.environ[VARIABLE] = command


def program() -> str:
    """The program to type before overrides: the one that was typed, else the one that is installed."""
    return os.environ.get(VARIABLE) or (COMMAND if IS_PACKED else SCRIPT)


def installing(extra: str) -> str:
    """The command that installs the packages of an extra."""
    if IS_PACKED:
        return f"pip install 'kvae-experiments[{extra}]'"
    return f"pip install -c constraints.txt -e '.[{extra}]'"
