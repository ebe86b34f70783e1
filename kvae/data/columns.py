"""Columns of a table: which are learnt, and how the columns of a new file are matched to the learnt ones."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kvae.errors import InputError

# A column as users give it: its name, or its number from 0.
Column = str | int | float
MOST_NAMES = 20


def known_as(name: object) -> str:
    """A name in the form in which names are compared: with single spaces, none around, and in Unicode's NFC."""
    return unicodedata.normalize("NFC", " ".join(str(name).split()))


def same_names(came: Sequence[str], learnt: Sequence[str]) -> dict[str, str]:
    """For each learnt name the same name among those that came, which may differ in spaces; none without it."""
    known = {known_as(name): name for name in came} | {name: name for name in came}
    found = {name: known.get(name, known.get(known_as(name))) for name in learnt}
    return {name: one for name, one in found.items() if one is not None}


@dataclass(frozen=True)
class Wanted:
    """What the keys, and a learnt run, ask of a table's columns.

    Attributes:
        columns: Names or numbers (from 0) of those to learn; None takes all but labels and ids.
        label: Name or number of the column with labels.
        ids: Name or number of the column that identifies the rows.
        learnt: Names that a learnt model expects, in its order; None where it has none, or nothing was learnt yet.
        size: How many values per row a learnt model without names expects; None: any number.
    """

    columns: Sequence[Column] | None = None
    label: Column | None = None
    ids: Column | None = None
    learnt: tuple[str, ...] | None = None
    size: int | None = None


@dataclass(frozen=True)
class Choice:
    """The positions in a table of the columns in `Wanted`.

    Attributes:
        features: Positions of the columns to learn, in the model's order.
        label: Position of the column with labels; None without one.
        ids: Position of the column that identifies the rows; None without one.
        names: Names of the columns to learn; None for a table without names.
        words: Messages for the user about the choice, one sentence each.
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
        left_out: Positions of columns that are learnt only when `wanted` names them; the first of the others
            identifies the rows, unless `wanted.ids` is given.

    Raises:
        InputError: When the table lacks a column of `wanted`, or two columns that are learnt have one name.
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
            features = whole  # earlier versions learnt these columns of such a table
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
    """The positions of a model's columns among the `n` columns of new data: by name where both have names.

    A model without names takes all columns in their order. Data without names must have as many columns as the
    model learnt, and they are taken in their order.

    Args:
        source: How messages call the new data.
        came: Names of the columns of the new data; None where they have none.
        n: Number of columns of the new data.
        learnt: Names that the model learnt, in its order; None where it has none.
        another: What to type to choose another run, for messages.

    Returns:
        A position per learnt column, and messages for the user, one sentence each.

    Raises:
        InputError: For learnt columns that are missing (all of them in one error) or that occur twice; for data
            without names, for another number of columns.
    """
    if learnt is None:
        return list(range(n)), ()
    if came is None:
        if n != len(learnt):
            raise InputError(
                f"{source} has {n} columns without names; the run learnt {len(learnt)}: {listed(learnt)}. Give "
                "them names, or choose as many with data.columns"
            )
        return list(range(n)), (f"{source} has no column names: its columns are read as {listed(learnt)}",)
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
            f"{source} has several columns named {listed(twice)}, which the run learnt. Rename all but one in the "
            "file, or choose columns by number with data.columns"
        )
    further = [name for name in came if known_as(name) not in known]
    words: tuple[str, ...] = ()
    if further:
        words = (f"{source} has columns that were not learnt; they are ignored: {listed(further)}",)
    return [places[known_as(name)] for name in learnt], words


def positions(
    source: str, option: str, columns: Sequence[Column], names: Sequence[str] | None, n: int
) -> list[int]:
    """Positions of the columns that a key names.

    Raises:
        InputError: For columns that the table lacks, whose name occurs twice in it, or that the key names twice.
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
    """Position of the column with this name, also when the name is a number; else of the one with this number."""
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
    """Raise InputError where keys exclude columns that the run learnt and the table has."""
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
    """Raise InputError where two columns to learn have one name, for columns are identified by their names."""
    counts = Counter(known_as(names[i]) for i in features)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        places = {one: [str(i) for i in features if known_as(names[i]) == one] for one in twice}
        where = "; ".join(f"{name!r} is column {' and '.join(places[name])}" for name in twice)
        raise InputError(
            f"{source} has several columns with one name, but names identify the columns: {where} (counted from "
            "0). Rename all but one in the file, or choose the columns to learn with data.columns"
        )


def listed(names: Sequence[object]) -> str:
    """The first twenty names, for a sentence, and how many more there are."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(map(str, names[:MOST_NAMES])) + more
