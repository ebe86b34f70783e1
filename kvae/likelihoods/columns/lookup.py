"""Likelihoods of columns by their names; Keras is imported only where one is made."""

import importlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kvae.likelihoods.lookup import class_name

if TYPE_CHECKING:
    from kvae.likelihoods.columns.base import ColumnLikelihood

FOLDER = Path(__file__).parent


@cache
def names() -> tuple[str, ...]:
    """The names of all likelihoods of columns, those of their files."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        if re.search(rf"^class {class_name(path.stem)}\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            found.append(path.stem)
    return tuple(found)


def class_of(name: str) -> type["ColumnLikelihood"]:
    """The class of the likelihood of that name, imported.

    Raises:
        ValueError: When there is none.
    """
    if name not in names():
        raise ValueError(f"a column's likelihood must be one of {', '.join(names())}. Received: {name!r}")
    return getattr(importlib.import_module(f"{__package__}.{name}"), class_name(name))
