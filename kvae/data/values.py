"""Read observations, labels and ids from a table with columns of text or numbers."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.column_keys import typed_column, typed_columns
from kvae.data.columns import Choice, Wanted, choose, listed
from kvae.data.index import index_columns, is_empty, text_of
from kvae.data.labels import tidy_labels
from kvae.data.raw_table import Frame
from kvae.data.text.numbers import (
    BOOLEANS,
    Notation,
    as_learnt,
    check_points,
    find_notation,
    given_notation,
    looks_like_number,
    missing_signs,
    to_numbers,
)
from kvae.errors import InputError, quoted
from kvae.runs.csv_values import as_texts

if TYPE_CHECKING:
    import polars as pl

MANY_BAD = 5


class NoNumbersError(InputError):
    """Raised for columns that are to be learnt as numbers but hold anything else."""


@dataclass(frozen=True)
class Values:
    """The values that are read from a table.

    Attributes:
        x: Observations `(n, columns)`, float64; NaN where a value is missing.
        choice: Positions of the columns of observations, labels and ids.
        labels, ids: Of the rows `(n,)`; None where there are none.
        words: Messages for the user, one sentence each.
        notation: How a text file writes its numbers.
    """

    x: np.ndarray
    choice: Choice
    labels: np.ndarray | None
    ids: np.ndarray | None
    words: tuple[str, ...]
    notation: Notation


def values_of(frame: Frame, wanted: Wanted) -> Values:
    """Observations, labels and ids of a table.

    Raises:
        InputError: For columns that are asked for and missing; for columns that hold no numbers, all in one error.
    """
    names, width = frame.full_names, frame.data.width
    left_out, words = index_columns(frame, wanted)
    empty = [] if wanted.columns else empty_columns(frame, wanted)
    choice = choose(frame.source, names, width, wanted, [*left_out, *(i for i in empty if i not in left_out)])
    if set(left_out) & set(choice.features):
        words = []
    if choice.ids in empty and wanted.ids is None:
        choice = replace(choice, ids=None)
    dropped = [i for i in empty if i not in choice.features and i not in (choice.label, choice.ids)]
    named = [names[i] for i in dropped if frame.names and frame.names[i]] if names else dropped
    if named:
        words.append(f"{frame.source}: columns without any value are left out: {listed(named)}")
    columns, word, notation = numbers_of(frame, choice)
    x = np.stack([column.to_numpy() for column in columns], axis=1) if columns else np.empty((len(frame.data), 0))
    labels = None if choice.label is None else labels_of(frame, choice.label)
    ids = None if choice.ids is None else text_of(frame.data.to_series(choice.ids))
    return Values(x, choice, labels, ids, (*words, *([word] if word else []), *choice.words), notation)


def empty_columns(frame: Frame, wanted: Wanted) -> list[int]:
    """Positions of columns without any value that the learnt model does not expect."""
    if not len(frame.data):
        return []
    names, asked = frame.full_names, set(wanted.learnt or ())
    columns = enumerate(frame.data.iter_columns())
    return [i for i, one in columns if is_empty(one, frame.fmt) and (names is None or names[i] not in asked)]


def numbers_of(frame: Frame, choice: Choice) -> tuple[list[pl.Series], str | None, Notation]:
    """The columns to learn as numbers, null where a value is missing, and how they were read, with a message.

    Raises:
        InputError: For columns that hold anything but numbers, all in one error.
    """
    word, notation = None, given_notation(frame.fmt)
    if frame.fmt.learnt is not None and frame.lines is not None:
        learnt = Notation(*frame.fmt.learnt)
        numbers, bad = read_numbers(frame, choice, learnt)
        if not bad:
            return numbers, as_learnt(frame.source, learnt, texts_of(frame, choice)), learnt
    numbers, bad = read_numbers(frame, choice, notation)
    if bad and frame.lines is not None:
        found, word = find_notation(frame.source, texts_of(frame, choice), frame.fmt)
        if word is not None:
            notation = found
            numbers, bad = read_numbers(frame, choice, notation)
    if bad:
        raise no_numbers(frame, choice, bad)
    if word is None and frame.fmt.separator == ";" and (frame.fmt.decimal, frame.fmt.thousands) == (None, None):
        check_points(frame.source, texts_of(frame, choice))
    return numbers, word, notation


def texts_of(frame: Frame, choice: Choice) -> list[pl.Series]:
    """The columns to learn that are text, called by their names, or by their numbers where they have none."""
    import polars as pl

    names = frame.full_names
    columns = [(i, frame.column(i)) for i in choice.features]
    return [one.alias(str(i) if names is None else names[i]) for i, one in columns if one.dtype == pl.String]


def read_numbers(
    frame: Frame, choice: Choice, notation: Notation
) -> tuple[list[pl.Series], dict[int, tuple[int, int]]]:
    """The columns to learn as numbers; for those that hold anything else, its first row and its number of rows."""
    import polars as pl

    numbers, bad = [], {}
    for place in choice.features:
        column = frame.column(place)
        if column.dtype == pl.String and frame.lines is not None:
            column, wrong = to_numbers(column, notation, missing_signs(frame.fmt))
            if wrong.any():
                bad[place] = (int(wrong.arg_max() or 0), int(wrong.sum()))
        elif not (column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null)):
            bad[place] = (int(column.is_not_null().arg_max() or 0), len(column) - column.null_count())
            continue
        numbers.append(column.cast(pl.Float64))
    return numbers, bad


def check_numeric(frame: Frame, choice: Choice) -> None:
    """Raise InputError where columns to learn, of a table that stays in its file, have no type of numbers."""
    import polars as pl

    types = frame.data.dtypes
    bad = [i for i in choice.features if not (types[i].is_numeric() or types[i] == pl.Boolean)]
    if bad:
        raise no_numbers(frame, choice, dict.fromkeys(bad, (0, 1)))


def no_numbers(frame: Frame, choice: Choice, bad: dict[int, tuple[int, int]]) -> NoNumbersError:
    """The error for columns that hold anything but numbers: for each a name, a value, its row, and how many."""
    names = frame.full_names
    texts, titles = [], [str(i) if names is None else repr(names[i]) for i in range(frame.data.width)]
    for place, (row, count) in list(bad.items())[:MANY_BAD]:
        more = f" and {count - 1:,} more" if count > 1 else ""
        texts.append(
            f"column {titles[place]} holds {quoted(frame.column(place)[row])} in {frame.place(row)}{more}"
        )
    others = listed([titles[place] for place in list(bad)[MANY_BAD:]])
    texts += [f"other columns without numbers are {others}"] if others else []
    rest = [place for place in choice.features if place not in bad]
    gaps = missing_in(frame, rest)
    if gaps:
        missing = listed([f"{titles[place]} {count:,}" for place, count in gaps.items()])
        texts.append(f"values are missing in {missing}")
    what = typed_columns(names, [place for place in rest if place not in gaps])
    label = typed_column("data.label_column", names, next(iter(bad)))
    advice = [f"learn the other columns with {what}"] if what else []
    if choice.label is None and len(bad) == 1 and rest and not gaps:
        advice.append(f"use it as the labels with {label}")
    if frame.lines is not None and frame.data.width == 1:
        advice += apart(str(frame.column(0)[bad[0][0]]))
    advice.append("change them to numbers in the file" if not gaps else "correct them in the file")
    counted = "" if frame.lines is not None else " (rows counted from 0)"
    told = f"{frame.source} must hold numbers, but {'; '.join(texts)}{counted}"
    return NoNumbersError(f"{told}. You can {' or '.join(advice)}")


def apart(text: str) -> list[str]:
    """Advice where a single column holds numbers with an unusual separator between them, as a list; or empty."""
    for sign in dict.fromkeys(re.findall(r"[^\w\s.,+-]", text)):
        if all(map(looks_like_number, text.split(sign))):
            return [f"split it into columns with {shlex.quote(f'data.separator={sign}')}"]
    return []


def missing_in(frame: Frame, places: list[int]) -> dict[int, int]:
    """The number of missing values by column, for columns of numbers that have any."""
    notation, missing = given_notation(frame.fmt), missing_signs(frame.fmt)
    counts = {}
    for place in places:
        column = frame.column(place)
        if frame.lines is not None:
            column = to_numbers(column, notation, missing)[0]
        counts[place] = column.null_count()
    return {place: count for place, count in counts.items() if count}


def labels_of(frame: Frame, place: int) -> np.ndarray:
    """The labels `(n,)` of a table; missing ones as `tidy_labels` gives them."""
    import polars as pl

    column = frame.column(place)
    if column.dtype == pl.Boolean:
        column = column.cast(pl.Int64)
    if column.dtype == pl.String:
        column = column.str.strip_chars()
        if frame.lines is not None:
            signs = ["", *missing_signs(frame.fmt)]
            column = pl.select(pl.when(column.is_in(signs)).then(None).otherwise(column)).to_series()
            present = column.drop_nulls().str.to_lowercase()
            if len(present) and present.is_in(list(BOOLEANS)).all():  # True and False become 1 and 0
                column = column.str.to_lowercase().replace(BOOLEANS)
    elif column.dtype.is_numeric() and not column.null_count():
        return tidy_labels(column.to_numpy())
    elif not column.dtype.is_numeric():
        column = as_texts(column)
    return tidy_labels(np.array(column.to_list(), dtype=object))
