"""Warnings about a table before it is learnt: each function checks for one kind of fault; a file has several."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable

from kvae.data.inspection.seen import TableSeen
from kvae.data.inspection.warnings.notice import Notice, looks

__all__ = ["Notice", "looks", "notices"]


def notices(seen: TableSeen) -> list[Notice]:
    """All warnings about a table, in a fixed order: at most one per kind of fault."""
    found: list[Notice] = []
    for check in checks():
        found += check(seen)
    return sorted(found, key=lambda notice: (notice.place, notice.about))


def checks() -> list[Callable[[TableSeen], Iterable[Notice]]]:
    """The functions of this folder that check for a fault."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    modules = [importlib.import_module(name) for name in names]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if hasattr(value, "looks_for") and value.__module__ == module.__name__
    ]
