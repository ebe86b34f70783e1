"""How shards are joined beyond their rows and the means of their metrics: a file per mode."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence

from kvae.errors import InputError
from kvae.process.visible import in_a_line
from kvae.runs import RunFolder
from kvae.sweep.pieces import Piece

# From the shards, and the folder in which their rows are joined, to metrics; writes files to the folder.
Joiner = Callable[[Sequence[Piece], RunFolder], dict[str, float]]


def joiner_of(mode: str) -> Joiner:
    """The function that joins the shards of a mode.

    Raises:
        InputError: For a mode that has no shards.
    """
    known = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if mode not in known:
        raise InputError(f"shards are of mode={' or mode='.join(known)}. Received: mode={in_a_line(mode)}")
    return importlib.import_module(f"{__name__}.{mode}").joined
