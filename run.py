"""The command line: `python run.py --help`. What it does stands in `kvae/config/run.py`, and in `kvae/modes/`."""

from kvae.command import main
from kvae.process.commands import SCRIPT

if __name__ == "__main__":
    main(SCRIPT)
