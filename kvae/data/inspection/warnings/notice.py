"""One sentence for the owner of a table, and how a function that looks for a fault is marked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# So many columns or values are named in a sentence; of more, how many.
NAMED = 8
LONGEST = 40


@dataclass(frozen=True)
class Notice:
    """A sentence of what is odd in a table.

    Attributes:
        about: Which fault, in a word or two.
        text: The sentence: what was seen where, what it does, and what to type.
        columns: The columns that it names.
        place: Among other sentences; small numbers first.
    """

    about: str
    text: str
    columns: tuple[str, ...] = ()
    place: int = 50


def looks(function: Callable) -> Callable:
    """Mark a function of a `TableSeen` that gives the `Notice`s of a fault: it is called for every table."""
    function.looks_for = True  # type: ignore[attr-defined]
    return function


def shown(value: object) -> str:
    """A value or a name in a sentence."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def share(part: float) -> str:
    """A share in percent, never rounded to all or nothing."""
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
    """The first texts, and how many there are besides."""
    found = list(texts)
    more = f", and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more


def together(about: str, place: int, seen: Sequence[tuple[str, str]], what: str, advice: str) -> Iterable[Notice]:
    """One notice of all columns with a fault; none where none has it.

    Args:
        about, place: As in `Notice`.
        seen: Names of columns, and what was seen in each.
        what: What is wrong with them.
        advice: What it does, or what to do.
    """
    if not seen:
        return []
    named = some(f"{shown(name)} ({said})" if said else shown(name) for name, said in seen)
    return [Notice(about, f"{what}: {named}. {advice}", tuple(name for name, _ in seen), place)]
