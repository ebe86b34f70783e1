"""Conditions as they are typed: a mapping, or the text of one with characters that Hydra's grammar lacks."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from kvae.errors import InputError
from kvae.options.mappings import split, unquoted

EXAMPLE = "'mode.where={sex: female, age: \">60\"}'"
NULLS = ("null", "None", "~")
# A range: open on one side, or between two ends.
COMPARED = re.compile(r"(>=|<=|>|<|==|=)\s*(.+)", re.DOTALL)
BETWEEN = re.compile(r"(.+?)\s*\.\.\s*(.+)", re.DOTALL)


def as_mapping(where: Any, key: str = "mode.where") -> dict[str, Any]:
    """The conditions by column name, from a mapping or a text such as `{sex: female, age: >60}`.

    Raises:
        InputError: For anything else, and for a text of another form.
    """
    given = parsed(where, key) if isinstance(where, str) else where
    if not isinstance(given, Mapping) or not given:
        raise InputError(f"{key} must be conditions by column. Received: {where!r}. Type, for example, {EXAMPLE}")
    return {str(name): plain(value) for name, value in given.items()}


def plain(value: Any) -> Any:
    """A value, or a list of values, with numbers, truth values and times of NumPy as those of Python."""
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    if isinstance(value, np.datetime64 | np.timedelta64):
        days = isinstance(value, np.datetime64) and np.datetime_data(value.dtype)[0] == "D"
        return value.item() if days else value.astype(f"{value.dtype.kind}8[us]").item()
    return value.item() if isinstance(value, np.number | np.bool_) else value


def parsed(text: str, key: str) -> dict[str, Any]:
    """Parse a text such as `{sex: female, age: >60, island: [Biscoe, Dream]}`; values are texts, lists or None."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    found: dict[str, Any] = {}
    for part in split(inner, ","):
        name, *value = (one.strip() for one in split(part, ":", most=1))
        if not value or not name:
            raise InputError(
                f"{key}={text} cannot be understood: {part.strip()!r} is not `column: condition`. "
                f"Type, for example, {EXAMPLE}"
            )
        if unquoted(name) in found:
            raise InputError(f"{key}={text} names the column {unquoted(name)!r} twice")
        found[unquoted(name)] = value_of(value[0])
    return found


def value_of(text: str) -> Any:
    """A value: a list of texts in brackets, None for null, or a text."""
    if text.startswith("[") and text.endswith("]"):
        return [value_of(part.strip()) for part in split(text[1:-1], ",") if part.strip()]
    return None if text in NULLS else unquoted(text)
