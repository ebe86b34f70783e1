"""Conditions on columns of categories."""

import difflib
from collections.abc import Sequence
from typing import Any

from kvae.errors import InputError
from kvae.options.rules import is_finite
from kvae.table import Column
from kvae.uses.conditions.condition import Among, Condition, Equal
from kvae.uses.conditions.typed import BETWEEN, COMPARED

SHOWN = 20  # at most so many categories are named in a message


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A sentence that suggests the known word most like `word`, or an empty text."""
    lower = {one.lower(): one for one in reversed(known)}
    found = difflib.get_close_matches(word.lower(), lower, n=1)
    return f" Did you mean {lower[found[0]]}?" if found else ""


def of_category(column: Column, place: int, value: Any, here: str) -> Condition:
    """The condition on a column of categories: one of them, several, or a range of ordered ones."""
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        raise InputError(f"{here} is an empty list. Name at least one of {listed(names_of(column))}")
    found: set[int] = set()
    for one in values:
        found |= set(categories(column, one, here))
    if len(found) == 1:
        (number,) = found
        return Equal(place, f"{column.name} = {names_of(column)[number]}", float(number))
    chosen = tuple(sorted(found))
    said = " or ".join(names_of(column)[number] for number in chosen[:SHOWN])
    return Among(place, f"{column.name} = {said}", chosen)


def categories(column: Column, value: Any, here: str) -> Sequence[int]:
    """Indices of the categories that one value names: a category, or a range of ordered ones."""
    names, texts = names_of(column), texts_of(value)
    if column.form.get("dtype") == "Boolean":  # learnt in lower case, however the file spells them
        texts = [text.lower() for text in texts]
    for text in texts:
        if text in names:
            return [names.index(text)]
    found = ordered(names, texts[0]) if column.kind == "ordinal" else None
    if found is None:
        raise InputError(
            f"{here} must be one of {listed(names)}. Received: {value!r}.{did_you_mean(texts[0], names)}"
        )
    if not found:
        raise InputError(f"{here}: no category is {value}. In order, the categories are {listed(names)}")
    return found


def ordered(names: Sequence[str], text: str) -> range | None:
    """Indices of ordered categories in a range such as `>=medium` or `low..medium`; None for other texts."""
    n = len(names)
    if (between := BETWEEN.fullmatch(text)) is not None and set(between.groups()) <= set(names):
        first, last = map(names.index, between.groups())
        return range(first, last + 1)
    if (compared := COMPARED.fullmatch(text)) is None or compared[2] not in names:
        return None
    number = names.index(compared[2])
    ranges = {">": (number + 1, n), ">=": (number, n), "<": (0, number), "<=": (0, number + 1)}
    return range(*ranges.get(compared[1], (number, number + 1)))


def names_of(column: Column) -> tuple[str, ...]:
    """Texts of a column's categories; their indices where they have none."""
    if column.categories is not None:
        return column.categories
    return tuple(map(str, range(column.n_categories or 0)))


def texts_of(value: Any) -> list[str]:
    """The texts by which a table may write a value that Hydra or Python parsed as a boolean or a number."""
    if isinstance(value, bool):
        return (
            ["true", "True", "TRUE", "yes", "Yes", "1"] if value else ["false", "False", "FALSE", "no", "No", "0"]
        )
    if isinstance(value, float) and is_finite(value) and value == int(value):
        return [str(value), str(int(value))]
    return [str(value)]


def listed(names: Sequence[str]) -> str:
    """Names with commas between them; of more than `SHOWN`, the first ones and their number."""
    more = f", ... ({len(names)} in all)" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
