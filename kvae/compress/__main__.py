"""`python -m kvae.compress info FILE`: what an archive of mode=compress holds, and whether it is whole."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from kvae.compress.contents import Contents
from kvae.errors import InputError
from kvae.process.visible import say

ABOUT = "Print what archives of mode=compress hold, and whether they are whole."


def main(arguments: list[str] | None = None) -> int:
    """Print what archives hold; exit status 1 if a file is damaged or is not an archive."""
    parser = argparse.ArgumentParser(
        prog="python -m kvae.compress", description="Look into archives of mode=compress."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser("info", help=ABOUT, description=ABOUT)
    info.add_argument("file", type=Path, nargs="+", help="an archive, NAME.kvae")
    info.add_argument("--json", action="store_true", help="a line of JSON for every archive")
    chosen = parser.parse_args(arguments)
    status = 0
    for path in chosen.file:
        try:
            show(Contents.of(path), chosen.json)
        except InputError as error:
            say(f"error: {error}{what_is_left(path)}", sys.stderr)
            status = 1
    return status


def show(contents: Contents, as_json: bool) -> None:
    """Print what a whole archive holds."""
    if as_json:
        say(json.dumps({"archive": contents.name, **contents.as_json()}))
        return
    say(f"{contents.name}: whole, every checksum fits")
    Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160).print(contents.table())


def what_is_left(path: Path) -> str:
    """How much of a damaged archive salvage would restore, as the end of a sentence."""
    try:
        left = Contents.of(path, salvage=True)
    except InputError:
        return ""
    n, kept = left.header.n, left.header.n - sum(stop - start for start, stop in left.lost)
    return f". Salvage would restore {kept:,} of {n:,} observations"


if __name__ == "__main__":
    sys.exit(main())
