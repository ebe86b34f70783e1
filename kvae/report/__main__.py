"""`python -m kvae.report FOLDER`: the report of a run, finished or not, or the index of a folder of runs."""

import argparse
import sys
from pathlib import Path

from kvae.errors import InputError
from kvae.process.visible import say
from kvae.report import write_report
from kvae.report.index import write_index
from kvae.runs import RunFolder
from kvae.runs.files import relative

ABOUT = "Write the report of a run, finished or not, or the index of a folder of runs."


def main(arguments: list[str] | None = None) -> int:
    """Write pages and print their paths; exit status 1 for a folder without runs, or with damaged ones."""
    parser = argparse.ArgumentParser(prog="python -m kvae.report", description=ABOUT)
    parser.add_argument("folder", type=Path, nargs="+", help="a run folder, or a folder of runs")
    status = 0
    for path in parser.parse_args(arguments).folder:
        try:
            say(relative(written(path)))
        except InputError as error:
            say(f"error: {error}", sys.stderr)
            status = 1
    return status


def written(path: Path) -> Path:
    """Write the report of a run folder, or the index of a folder of runs; returns the path of the page.

    Raises:
        InputError: When the folder has no run, or its files are damaged.
    """
    folder = RunFolder(path)
    if folder.begun is None and path.is_dir():
        index = write_index(path)
        if index is not None:
            return index
    write_report(folder)
    return folder.report


if __name__ == "__main__":
    sys.exit(main())
