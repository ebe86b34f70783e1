"""How kvae is called where one types: `python run.py` in its folder, or `kvae`, which a package brings."""

import os

from kvae.process.paths import IS_PACKED

# Processes that a command starts are told by it what was typed.
VARIABLE = "KVAE_COMMAND"
SCRIPT, COMMAND = "python run.py", "kvae"


def begin(command: str) -> None:
    """Note what was typed: `SCRIPT` or `COMMAND`."""
    os.environ[VARIABLE] = command


def program() -> str:
    """What to type before the overrides: what was typed, or else what there is here."""
    return os.environ.get(VARIABLE) or (COMMAND if IS_PACKED else SCRIPT)


def installing(extra: str) -> str:
    """What to type for the packages of an extra."""
    if IS_PACKED:
        return f"pip install 'kvae-experiments[{extra}]'"
    return f"pip install -c constraints.txt -e '.[{extra}]'"
