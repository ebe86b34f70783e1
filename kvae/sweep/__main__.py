"""`python -m kvae.sweep FOLDER`: the results of a sweep's finished jobs so far, also while it runs."""

import argparse
import logging
import sys
from pathlib import Path

from kvae.errors import InputError
from kvae.process.logs import Visible
from kvae.process.visible import say

ABOUT = "Print and write the results of a sweep's finished jobs so far, also while it runs."


def main(arguments: list[str] | None = None) -> int:
    """Show and write the results of a sweep; exit status 1 for wrong input, such as a folder of no sweep."""
    parser = argparse.ArgumentParser(prog="python -m kvae.sweep", description=ABOUT)
    parser.add_argument("folder", type=Path, help="a sweep's folder: outputs/<name>/<mode>/<time>")
    parser.add_argument("--join", action="store_true", help="join the shards of a recognition or an evaluation")
    chosen = parser.parse_args(arguments)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Visible("%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        if chosen.join:
            from kvae.sweep.join import join

            join(chosen.folder)
        else:
            from kvae.sweep.summary import summarise

            summarise(chosen.folder)
    except InputError as error:
        say(f"error: {error}", sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
