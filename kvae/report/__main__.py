"""`python -m kvae.report FOLDER`: the report of a run that has none, be it older, cut off or still at work."""

import argparse
import sys
from pathlib import Path

from kvae.errors import InputError
from kvae.process.visible import say
from kvae.report import write_report
from kvae.runs import RunFolder
from kvae.runs.files import relative


def main(arguments: list[str] | None = None) -> int:
    """Write `report.html` in run folders and name it; exit status 1 for a folder that is none of a run."""
    parser = argparse.ArgumentParser(prog="python -m kvae.report", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("folder", type=Path, nargs="+", help="a run folder: outputs/<name>/<mode>/<time>")
    status = 0
    for path in parser.parse_args(arguments).folder:
        folder = RunFolder(path)
        try:
            write_report(folder)
            say(relative(folder.report))
        except InputError as error:
            say(f"error: {error}", sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
