"""Kinds of columns, one per file: how a column is recognised, learnt, read into numbers and written back.

Every file with a `KIND` is a kind. A column has the first kind that recognises it, in the order of `rank`.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any

from kvae.data.kinds.base import CannotReadError, Kind, LearntKind, LeftOutKind
from kvae.data.kinds.seen import Seen, see
from kvae.errors import InputError

__all__ = [
    "CannotReadError",
    "Kind",
    "LearntKind",
    "LeftOutKind",
    "Seen",
    "all_kinds",
    "kind_called",
    "recognised",
    "see",
]


@cache
def all_kinds() -> dict[str, Kind]:
    """All kinds by their names, in the order of `rank`."""
    modules = (importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__))
    kinds = [module.KIND for module in modules if hasattr(module, "KIND")]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.rank)}


def recognised(seen: Seen) -> Any:
    """The first kind that recognises a column.

    Raises:
        InputError: For dates that can be read in two ways.
    """
    return next(kind for kind in all_kinds().values() if kind.recognises(seen))


def kind_called(name: str) -> Any:
    """The kind called `name`.

    Raises:
        InputError: For a name that no kind has.
    """
    kinds = all_kinds()
    if name not in kinds:
        raise InputError(f"a column's kind must be one of {', '.join(kinds)}. Received: {name}")
    return kinds[name]
