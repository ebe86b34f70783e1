"""The command line as one types it: the command `kvae` of an installed package, and `python run.py`."""

from kvae.process.commands import COMMAND, begin
from kvae.process.paths import installed_first


def main(typed: str = COMMAND) -> None:
    """Run what the arguments of the process say.

    Args:
        typed: What was typed before them.
    """
    installed_first()  # before anything else is looked for
    begin(typed)
    from kvae.config.run import main

    main()
