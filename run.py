"""The command line: `python run.py --help`. Its code is in `kvae/config/run.py` and `kvae/modes/`."""

from kvae.command import main
from kvae.process.commands import SCRIPT

if __name__ == "__main__":
    main(SCRIPT)
