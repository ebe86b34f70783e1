"""The entry points of the command line: `kvae` of an installed package, and `python run.py`."""

from kvae.process.commands import COMMAND, begin
from kvae.process.paths import installed_first


def main(typed: str = COMMAND) -> None:
    """Run the command in the arguments of the process.

    Args:
        typed: The command as typed, for messages: `kvae` or `python run.py`.
    """
    installed_first()  # before any other import
    begin(typed)
    from kvae.config.run import main

    main()
