"""When a mode begins to write to its run folder: before its work, or once streamed rows have been checked."""

import contextlib
from collections.abc import Callable, Iterator

from kvae.errors import InputError
from kvae.runs import RunFolder
from kvae.runs.files import remove_empty


@contextlib.contextmanager
def begun(folder: RunFolder, begin: Callable[[], None], later: bool) -> Iterator[Callable[[], None]]:
    """Call `begin` now or, with `later`, when the function that is yielded is called. No file changes before that.

    Args:
        folder: Where the mode writes. Where streamed rows turn out not to fit, its empty folders are removed.
        begin: Begins the run in the folder.
        later: Whether rows are checked only while they are streamed, and may turn out not to fit.
    """
    if not later:
        begin()
    try:
        yield begin if later else lambda: None
    except InputError:
        if later:
            remove_empty(folder.path)
        raise
