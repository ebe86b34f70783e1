"""One warning about a table, and the decorator of functions that check for a fault."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# How many columns or values a sentence names; the others are only counted.
NAMED = 8
LONGEST = 40


@dataclass(frozen=True)
class Notice:
    """A warning about a table.

    Attributes:
        about: The kind of fault, in a few words.
        text: The sentence: what was found and where, its effect, and what to type.
        columns: The columns that it is about.
        place: Its position among the warnings; small numbers come first.
    """

    about: str
    text: str
    columns: tuple[str, ...] = ()
    place: int = 50


def looks(function: Callable) -> Callable:
    """Mark a function of a `TableSeen` that gives the `Notice`s of one fault; it is called for every table."""
    function.looks_for = True  # type: ignore[attr-defined]
    return function


def shown(value: object) -> str:
    """A value or a name for a sentence, shortened."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def share(part: float) -> str:
    """A share in percent, never rounded to 0% or 100%."""
    percent = 100 * part
    if 0 < percent < 0.1:
        return "< 0.1%"
    if 99.9 < percent < 100:
        return "> 99.9%"
    return f"{percent:.0f}%" if 10 <= percent <= 99 else f"{percent:.1f}%".replace(".0%", "%")


def rows(count: int) -> str:
    """A number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def some(texts: Iterable[str]) -> str:
    """The first texts, and the number of the others."""
    found = list(texts)
    more = f", and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more


def together(about: str, place: int, seen: Sequence[tuple[str, str]], what: str, advice: str) -> Iterable[Notice]:
    """One notice about all columns with a fault; none without such columns.

    Args:
        about, place: As in `Notice`.
        seen: Names of the columns, with what was found in each.
        what: What is wrong with them.
        advice: The effect, or what to do.
    """
    if not seen:
        return []
    named = some(f"{shown(name)} ({said})" if said else shown(name) for name, said in seen)
    return [Notice(about, f"{what}: {named}. {advice}", tuple(name for name, _ in seen), place)]
