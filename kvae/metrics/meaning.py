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
        title: Its name as people say it.
        text: What it is, in one sentence.
        unit: Of its value; `%` of a share, empty of a number without one.
        better: `lower`, `higher`, or empty where neither is.
        rank: How much it matters among others, 0 to 3: a report shows the first of them large.
        mean: Whether it is a mean over observations: those of shards then make that of all rows.
    """

    title: str
    text: str = ""
    unit: str = ""
    better: str = ""
    rank: int = 0
    mean: bool = False


# Every metric that code which was imported has declared, by its name.
DECLARED: dict[str, Meaning] = {}


def measures(**meanings: Meaning) -> Callable[[Function], Function]:
    """Declare, above a function, what the metrics mean that it returns.

    The report of a run, the table of a sweep and the direction of a search take it from here.
    """

    def declare(function: Function) -> Function:
        DECLARED.update(meanings)
        function.measures = meanings  # type: ignore[attr-defined]
        return function

    return declare


def measures_columns(**meanings: Meaning) -> Callable[[Function], Function]:
    """As `measures`, of metrics that every column of a table has: `loss` of the column `age` is `loss_age`."""

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
    """What is measured of a single column, and the column's name; None of a metric of whole rows.

    `name` may begin with `val_`, which is left out.
    """
    bare = name.removeprefix(HELD_OUT)
    if bare in of_kvae():
        return None
    kinds = [kind for kind in of_columns() if bare.startswith(f"{kind}_") and len(bare) > len(kind) + 1]
    kind = max(kinds, key=len, default=None)
    return None if kind is None else (kind, bare[len(kind) + 1 :])


def meaning_of(name: str, kept: Mapping[str, Meaning] | None = None) -> Meaning:
    """What a metric means; of one that nobody has declared, its name alone.

    Args:
        name: Of the metric, with or without `val_`.
        kept: What a run folder says of the metrics that are not kvae's own.
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
    """The module of a network whose name stands before a metric's, and what that means; else no name."""
    parts = name.split("_")
    for place in range(1, len(parts)):
        if (bare := "_".join(parts[place:])) in meanings:
            return "_".join(parts[:place]), meanings[bare]
    return "", Meaning(name)


def to_keep(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What a run folder has to keep, as plain values: the meanings of those metrics that are not kvae's own."""
    own = dict.fromkeys(name.removeprefix(HELD_OUT) for name in names)
    return {name: asdict(DECLARED[name]) for name in own if name in DECLARED and name not in of_kvae()}


def kept_in(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Meaning]:
    """The meanings that a run folder keeps."""
    names = [field.name for field in fields(Meaning)]
    return {key: Meaning(**{name: value[name] for name in names}) for key, value in values.items()}


def larger_is_better(name: str, kept: Mapping[str, Meaning] | None = None) -> bool:
    """Whether the best value of a metric is its largest. Arguments as in `meaning_of`."""
    return meaning_of(name, kept).better == "higher"
