"""When a mode takes its run folder over: before its work, or once streamed rows have been looked at."""

import contextlib
from collections.abc import Callable, Iterator

from kvae.errors import InputError
from kvae.runs import RunFolder
from kvae.runs.files import remove_empty


@contextlib.contextmanager
def begun(folder: RunFolder, begin: Callable[[], None], later: bool) -> Iterator[Callable[[], None]]:
    """Call `begin` now, or `later` when the function that is given is called: nothing that existed changes before.

    Args:
        folder: Where the mode writes. Data that turns out not to suit leaves no empty folders there.
        begin: Takes the folder over.
        later: Whether rows are looked at as they pass, and may yet turn out not to suit.
    """
    if not later:
        begin()
    try:
        yield begin if later else lambda: None
    except InputError:
        if later:
            remove_empty(folder.path)
        raise
