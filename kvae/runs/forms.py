"""Checks of what JSON and YAML files of a run folder hold: they may come from somebody else.

A form is a function of a value and its dotted path in the file. It returns the value or raises ValueError, whose
text `read_json` of `kvae.runs.files` completes with the name of the file.
"""

import json
import math
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

Form = Callable[[Any, str], Any]

DEEPEST = 50  # levels of lists and dictionaries
LONGEST = 100_000  # characters of one text
LARGEST = 2**53  # of a whole number: what a float holds exactly


def parse_json(content: bytes, levels: int = DEEPEST) -> Any:
    """JSON as plain values.

    Raises:
        ValueError: For anything else, a repeated name, or nesting deeper than `levels`.
    """
    found = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    check_depth(found, levels)
    return found


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary of pairs; raises ValueError for a repeated name."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:80]!r} occurs twice in it")
        found[name] = value
    return found


def parse_yaml(content: bytes) -> Any:
    """YAML as plain values: no tags that name Python objects, and no aliases, which can stand for gigabytes.

    Raises:
        ValueError: For anything else.
    """
    import yaml

    try:
        text = content.decode("utf-8")
        depth = 0
        for event in yaml.parse(text, yaml.SafeLoader):  # before it is loaded: deep nesting takes long
            if isinstance(event, yaml.AliasEvent):
                raise ValueError("it has an alias (*name), which no file of kvae has")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise ValueError(f"it is nested deeper than {DEEPEST} levels")
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def check_depth(value: Any, levels: int = DEEPEST) -> None:
    """Raise ValueError for nesting deeper than `levels`."""
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError(f"it is nested deeper than {levels} levels")


def wrong(where: str, must: str, value: Any) -> ValueError:
    """The error for a value that is not what it must be."""
    return ValueError(f"{where or 'it'} must be {must}. It holds {reprlib.repr(value)}")


def below(where: str, name: Any) -> str:
    """The dotted path of an entry: `config.seed`, `jobs.0`."""
    return f"{where}.{name}" if where else str(name)


def text(value: Any, where: str) -> str:
    """Text of a bounded length."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise wrong(where, f"text of at most {LONGEST:,} characters", value)
    return value


def whole(value: Any, where: str) -> int:
    """A whole number from 0 to `LARGEST`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
        raise wrong(where, "a whole number >= 0", value)
    return value


def positive(value: Any, where: str) -> int:
    """A whole number from 1 to `LARGEST`."""
    if whole(value, where) == 0:
        raise wrong(where, "a whole number >= 1", value)
    return value


def number(value: Any, where: str) -> float:
    """A number; NaN is allowed, for a metric can be undefined."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise wrong(where, "a number", value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise wrong(where, f"a number of at most {LARGEST}", value)
    return value


def finite(value: Any, where: str) -> float:
    """A finite number."""
    if not math.isfinite(number(value, where)):
        raise wrong(where, "a finite number", value)
    return value


def flag(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(where, "true or false", value)
    return value


def mapping(value: Any, where: str) -> dict[str, Any]:
    """A dictionary of anything."""
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise wrong(where, "a dictionary", value)
    return value


def anything(value: Any, where: str) -> Any:
    """Any value; the caller checks it."""
    return value


def optional(form: Form) -> Form:
    """Null, or what `form` accepts."""
    return lambda value, where: None if value is None else form(value, where)


def word(*words: str) -> Form:
    """One of a few words."""

    def check(value: Any, where: str) -> str:
        if value not in words or not isinstance(value, str):
            raise wrong(where, f"one of {', '.join(words)}", value)
        return value

    return check


def list_of(form: Form, most: int = 1_000_000) -> Form:
    """A list of at most `most` entries of one form."""

    def check(value: Any, where: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise wrong(where, f"a list of at most {most:,} entries", value)
        return [form(entry, below(where, place)) for place, entry in enumerate(value)]

    return check


def dictionary_of(form: Form, most: int = 100_000) -> Form:
    """A dictionary of at most `most` entries of one form."""

    def check(value: Any, where: str) -> dict[str, Any]:
        if len(mapping(value, where)) > most:
            raise wrong(where, f"a dictionary of at most {most:,} entries", value)
        return {text(name, where): form(entry, below(where, name)) for name, entry in value.items()}

    return check


def record(needed: Mapping[str, Form], more: Mapping[str, Form] | None = None) -> Form:
    """A dictionary with all entries of `needed` and perhaps some of `more`; other entries are not checked."""

    def check(value: Any, where: str) -> dict[str, Any]:
        missing = needed.keys() - mapping(value, where).keys()
        if missing:
            raise ValueError(f"{where or 'it'} lacks {', '.join(sorted(missing))}")
        forms = {**needed, **{name: form for name, form in (more or {}).items() if name in value}}
        return {**value, **{name: form(value[name], below(where, name)) for name, form in forms.items()}}

    return check
