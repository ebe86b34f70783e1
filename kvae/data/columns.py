"""Columns of a table: which are learnt, and those of one file in the order of another, by their names."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kvae.errors import InputError

# A column as people name it: by its name, or its number from 0.
Column = str | int | float
MOST_NAMES = 20


def known_as(name: object) -> str:
    """A name as names are compared: without spaces around, and with accents written in one way."""
    return unicodedata.normalize("NFC", " ".join(str(name).split()))


@dataclass(frozen=True)
class Wanted:
    """What is asked of a table's columns.

    Attributes:
        columns: Names or numbers (from 0) of those to learn; None takes all but labels and ids.
        label: Name or number of the column with labels.
        ids: Name or number of the column that says which row is which.
        learnt: Names that a learnt model expects, in its order; None where it has none, or nothing was learnt yet.
        size: How many values of a row a model without names expects; None: any.
    """

    columns: Sequence[Column] | None = None
    label: Column | None = None
    ids: Column | None = None
    learnt: tuple[str, ...] | None = None
    size: int | None = None


@dataclass(frozen=True)
class Choice:
    """Positions in a table of what was wanted.

    Attributes:
        features: Of the columns to learn, in the model's order.
        label: Of the labels.
        ids: Of what says which row is which.
        names: Of the columns to learn; None of a table without names.
        words: What the user is to be told of the choice, a sentence each.
    """

    features: tuple[int, ...]
    label: int | None = None
    ids: int | None = None
    names: tuple[str, ...] | None = None
    words: tuple[str, ...] = ()


def choose(
    source: str, names: Sequence[str] | None, n: int, wanted: Wanted, left_out: Sequence[int] = ()
) -> Choice:
    """Which of the `n` columns of a table are learnt, and which holds the labels.

    Args:
        source: How messages call the table.
        names: Its columns' names; None where it has none.
        n: How many columns it has.
        wanted: What is asked for.
        left_out: Positions of columns that are no observations unless they are asked for by name; the first of
            them says which row is which, unless `wanted.ids` does.

    Raises:
        InputError: When it lacks what is asked for, or two columns that are learnt have one name.
    """
    label = None if wanted.label is None else position(source, "data.label_column", wanted.label, names, n)
    ids = None if wanted.ids is None else position(source, "data.id_column", wanted.ids, names, n)
    if wanted.columns is None:
        learnt = set(map(known_as, wanted.learnt or ()))
        asked = [i for i in left_out if names is not None and known_as(names[i]) in learnt]
        other = {label, ids, *left_out} - set(asked)
        features = [i for i in range(n) if i not in other]
        whole = [i for i in range(n) if i not in (label, ids)]
        if wanted.learnt is None and len(features) != wanted.size == len(whole):
            features = whole  # what earlier versions learnt from such a table
    else:
        features = positions(source, "data.columns", wanted.columns, names, n)
    named = None if names is None else [names[i] for i in features]
    if ids is None:
        ids = next((i for i in left_out if i not in features and i != label), None)
    check_not_left_out(source, names or (), named or (), label, wanted)
    order, words = in_order(source, named, len(features), wanted.learnt)
    features = [features[i] for i in order]
    if wanted.learnt is not None:
        return Choice(tuple(features), label, ids, wanted.learnt, words)
    if label in features:
        words = (f"{source}: the labels of data.label_column={wanted.label} are learnt too, as data.columns says",)
    if names is None:
        return Choice(tuple(features), label, ids, words=words)
    check_distinct(source, names, features)
    return Choice(tuple(features), label, ids, tuple(names[i] for i in features), words)


def in_order(
    source: str,
    came: Sequence[str] | None,
    n: int,
    learnt: Sequence[str] | None,
    another: str = "mode.run=FOLDER",
) -> tuple[list[int], tuple[str, ...]]:
    """Where, among `n` columns that came, those stand that a model learnt: by name where both have names.

    Without names on one side or the other, as many columns as were learnt are taken in their order.

    Args:
        source: How messages call what came.
        came: Names of the columns that came; None where they have none.
        n: Their number.
        learnt: Names that the model learnt, in its order; None where it has none.
        another: How another run is chosen, for messages.

    Returns:
        A position per learnt column, and what the user is to be told, a sentence each.

    Raises:
        InputError: For columns that are missing, all at once, or that came twice; without names, for another
            number of columns.
    """
    if learnt is None:
        return list(range(n)), ()
    if came is None:
        if n != len(learnt):
            raise InputError(
                f"{source} has {n} columns without names; the run learnt {len(learnt)}: {listed(learnt)}. Give "
                "them names, or choose as many with data.columns"
            )
        return list(range(n)), (f"{source} names no columns: they are taken in their order as {listed(learnt)}",)
    places, known = {known_as(name): place for place, name in enumerate(came)}, set(map(known_as, learnt))
    missing = [name for name in learnt if known_as(name) not in places]
    if missing:
        raise InputError(
            f"{source} lacks {len(missing)} of the {len(learnt)} columns that the run learnt: {listed(missing)}. "
            f"It has: {listed(came)}. Name them as they were learnt, or choose another run with {another}"
        )
    twice = [name for name, count in Counter(map(known_as, came)).items() if count > 1 and name in known]
    if twice:
        raise InputError(
            f"{source} has several columns named {listed(twice)}, which the run learnt. Rename those that are not "
            "meant, or choose columns by number with data.columns"
        )
    further = [name for name in came if known_as(name) not in known]
    words: tuple[str, ...] = ()
    if further:
        words = (f"{source} has columns that were not learnt; they are ignored: {listed(further)}",)
    return [places[known_as(name)] for name in learnt], words


def positions(
    source: str, option: str, columns: Sequence[Column], names: Sequence[str] | None, n: int
) -> list[int]:
    """Positions of columns that a key names, each once.

    Raises:
        InputError: For all that are missing, or that are named twice.
    """
    found = [find(column, names, n) for column in columns]
    missing = [str(column) for column, place in zip(columns, found, strict=True) if place is None]
    if missing:
        raise no_such_column(source, option, missing, names, n)
    counts = Counter(map(known_as, names or ()))
    unclear = [str(column) for column in columns if counts[known_as(column)] > 1]
    if unclear:
        raise InputError(
            f"{option}: {source} has several columns named {listed(unclear)}. Say which by number (from 0), or "
            "rename all but one in the file"
        )
    times = Counter(found)
    twice = [str(column) for column, place in zip(columns, found, strict=True) if times[place] > 1]
    if twice:
        raise InputError(f"{option} names a column twice: {listed(twice)}. Name each once")
    return [place for place in found if place is not None]


def position(source: str, option: str, column: Column, names: Sequence[str] | None, n: int) -> int:
    """Position of the one column that a key names."""
    return positions(source, option, [column], names, n)[0]


def find(column: Column, names: Sequence[str] | None, n: int) -> int | None:
    """Position of a column: the one with this name, be the name a number, and else the one with this number."""
    wanted = known_as(column)
    for place, name in enumerate(names or ()):
        if name == column or known_as(name) == wanted:
            return place
    return column if isinstance(column, int) and 0 <= column < n else None


def no_such_column(
    source: str, option: str, missing: Sequence[str], names: Sequence[str] | None, n: int
) -> InputError:
    """The error for columns that a table does not have."""
    value = missing[0] if len(missing) == 1 else f"[{','.join(missing)}]"
    has = listed(range(n) if names is None else names)
    return InputError(
        f"{option}={value}: {source.removeprefix('data.path=')} has no such column. It has {n}: {has}"
    )


def check_not_left_out(
    source: str, names: Sequence[str], chosen: Sequence[str], label: int | None, wanted: Wanted
) -> None:
    """Raise InputError where keys leave out columns that the run learnt, although the table has them."""
    not_chosen = set(map(known_as, names)) - set(map(known_as, chosen))
    left_out = [name for name in wanted.learnt or () if known_as(name) in not_chosen]
    if left_out:
        keys = "data.columns"
        if wanted.columns is None:
            keys = "data.label_column" if label is not None and names[label] in left_out else "data.id_column"
        raise InputError(
            f"{keys} leaves out columns of {source} that the run learnt: {listed(left_out)}. Type {keys}=null, or "
            "choose another run with mode.run=FOLDER"
        )


def check_distinct(source: str, names: Sequence[str], features: Sequence[int]) -> None:
    """Raise InputError where two columns that are to be learnt have one name: nobody could tell them apart."""
    counts = Counter(known_as(names[i]) for i in features)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        places = {one: [str(i) for i in features if known_as(names[i]) == one] for one in twice}
        where = "; ".join(f"{name!r} is column {' and '.join(places[name])}" for name in twice)
        raise InputError(
            f"{source} has several columns of one name, and they are known by their names: {where} (counted from "
            "0). Rename all but one in the file, or choose the columns to learn with data.columns"
        )


def listed(names: Sequence[object]) -> str:
    """Names in a sentence, the first twenty."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(map(str, names[:MOST_NAMES])) + more
