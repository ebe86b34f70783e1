"""What a metric means: declared beside the function that measures it, and collected here."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import Any, TypeVar

HELD_OUT = "val_"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Meaning:
    """A metric in words.

    Attributes:
        title: Its name for people.
        text: What it is, in one sentence.
        unit: The unit of its value; `%` for a share, empty for a number without a unit.
        better: `lower`, `higher`, or empty if neither is better.
        rank: Its importance among others, 0 to 3: a report shows the most important ones large.
        mean: Whether it is a mean over observations, so that the values of shards give that of all rows.
    """

    title: str
    text: str = ""
    unit: str = ""
    better: str = ""
    rank: int = 0
    mean: bool = False


# All metrics that imported code has declared, by their names.
DECLARED: dict[str, Meaning] = {}


def measures(**meanings: Meaning) -> Callable[[Function], Function]:
    """Decorate a function with the meanings of the metrics that it returns.

    The report of a run, the table of a sweep and the direction of a search use them.
    """

    def declare(function: Function) -> Function:
        DECLARED.update(meanings)
        function.measures = meanings  # type: ignore[attr-defined]
        return function

    return declare


def measures_columns(**meanings: Meaning) -> Callable[[Function], Function]:
    """As `measures`, for metrics that every column of a table has: `loss` of the column `age` is `loss_age`."""

    def declare(function: Function) -> Function:
        function.measures_columns = meanings  # type: ignore[attr-defined]
        return function

    return declare


@cache
def of_kvae() -> Mapping[str, Meaning]:
    """The meanings of kvae's own metrics: those that the functions of `kvae.metrics` declare."""
    return declared_as("measures")


@cache
def of_columns() -> Mapping[str, Meaning]:
    """The meanings of kvae's own metrics of single columns, without the column's name."""
    return declared_as("measures_columns")


def declared_as(attribute: str) -> dict[str, Meaning]:
    """What the functions of `kvae.metrics` declare under an attribute."""
    package = importlib.import_module("kvae.metrics")
    found: dict[str, Meaning] = {}
    for module in pkgutil.walk_packages(package.__path__, "kvae.metrics."):
        if module.ispkg:
            continue  # its names are its files
        for value in vars(importlib.import_module(module.name)).values():
            found.update(getattr(value, attribute, {}))
    return found


def column_metric(name: str) -> tuple[str, str] | None:
    """The metric and the column of a name such as `loss_age`; None for a metric of whole rows.

    `name` may begin with `val_`, which is left out.
    """
    bare = name.removeprefix(HELD_OUT)
    if bare in of_kvae():
        return None
    kinds = [kind for kind in of_columns() if bare.startswith(f"{kind}_") and len(bare) > len(kind) + 1]
    kind = max(kinds, key=len, default=None)
    return None if kind is None else (kind, bare[len(kind) + 1 :])


def meaning_of(name: str, kept: Mapping[str, Meaning] | None = None) -> Meaning:
    """The meaning of a metric; for an undeclared one, its name as the title and nothing else.

    Args:
        name: The metric's name, with or without `val_`.
        kept: The meanings that a run folder keeps of metrics that are not kvae's own.
    """
    for key in (name, name.removeprefix(HELD_OUT)):
        for meanings in (of_kvae(), kept or {}, DECLARED):
            if key in meanings:
                return meanings[key]
    found = column_metric(name)
    if found is not None:
        meaning = of_columns()[found[0]]
        return replace(meaning, title=f"{meaning.title} of {found[1]}")
    module, bare = of_module(name.removeprefix(HELD_OUT), {**DECLARED, **(kept or {}), **of_kvae()})
    if module:
        return replace(bare, title=f"{bare.title} of {module}")
    return Meaning(name.replace("_", " "))


def of_module(name: str, meanings: Mapping[str, Meaning]) -> tuple[str, Meaning]:
    """The module whose name begins a metric's name, and the meaning of the rest; else an empty name."""
    parts = name.split("_")
    for place in range(1, len(parts)):
        if (bare := "_".join(parts[place:])) in meanings:
            return "_".join(parts[:place]), meanings[bare]
    return "", Meaning(name)


def to_keep(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The meanings that a run folder must keep, as plain values: those of metrics that are not kvae's own."""
    own = dict.fromkeys(name.removeprefix(HELD_OUT) for name in names)
    return {name: asdict(DECLARED[name]) for name in own if name in DECLARED and name not in of_kvae()}


def kept_in(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Meaning]:
    """The meanings that a run folder keeps."""
    names = [field.name for field in fields(Meaning)]
    return {key: Meaning(**{name: value[name] for name in names}) for key, value in values.items()}


def larger_is_better(name: str, kept: Mapping[str, Meaning] | None = None) -> bool:
    """Whether the best value of a metric is its largest. Arguments as in `meaning_of`."""
    return meaning_of(name, kept).better == "higher"
