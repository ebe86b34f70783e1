"""Metrics of a learnt model; each function declares what its metrics mean."""

import importlib
import pkgutil
from typing import Any

from kvae.metrics.meaning import (
    Meaning,
    column_metric,
    larger_is_better,
    meaning_of,
    measures,
    measures_columns,
)
from kvae.metrics.objectives import objective_in

__all__ = [
    "Meaning",
    "column_metric",
    "larger_is_better",
    "meaning_of",
    "measures",
    "measures_columns",
    "objective_in",
]


def __getattr__(name: str) -> Any:
    """A name of a file of this package, imported at its first use: SciPy takes a second to import."""
    if not name.startswith("__"):
        for module in pkgutil.walk_packages(__path__, f"{__name__}."):
            found = importlib.import_module(module.name)
            if name in vars(found):
                return vars(found)[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
