"""Recognise the columns of a table, with the keys of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kvae.data.columns import Column as ColumnKey
from kvae.data.columns import find, no_such_column
from kvae.data.kinds import Seen, all_kinds, kind_called, recognised, see
from kvae.data.kinds.categorical import with_other
from kvae.data.kinds.constant import form_of
from kvae.data.table.codings import with_codings
from kvae.data.table.columns_file import Said, read_columns_file
from kvae.data.table.given import from_given
from kvae.data.table.parts import column_of_part
from kvae.data.table.rows import encode
from kvae.errors import InputError
from kvae.table import MISSING, Column, LeftOut, TableSpec

# Kinds of numbers: a few texts among them are hardly values.
NUMBERS = ("continuous", "positive", "count", "date")


@dataclass(frozen=True)
class Wishes:
    """The keys of the user about the columns of a table.

    Attributes:
        columns: Names or numbers (from 0) of the columns to learn; None: all that can be learnt.
        label: Name or number of the column with labels.
        learn_label: Whether the labels are learnt too.
        chosen_by_label: Whether labels choose the rows that are learnt. They are then not learnt: a model that
            sees them finds every other row anomalous.
        ids: Name or number of the column that identifies the rows.
        missing: How missing values are treated, `ignore` or `learn`, in columns that have any.
        unseen: `other` gives every categorical column one more category, for those of a single row and new ones.
        said: Settings of single columns, by name; see `kvae.data.table.columns_file`.
    """

    columns: Sequence[ColumnKey] | None = None
    label: ColumnKey | None = None
    learn_label: bool = True
    chosen_by_label: bool = False
    ids: ColumnKey | None = None
    missing: str = "ignore"
    unseen: str = "refuse"
    said: dict[str, Said] | None = None

    @property
    def as_text(self) -> frozenset[str]:
        """Names of columns that are set to categories or text, or left out: they may mix numbers and words."""
        kinds = {name: one.kind for name, one in (self.said or {}).items() if one.kind or one.leave_out}
        return frozenset(name for name, kind in kinds.items() if kind not in NUMBERS)


def infer_columns(
    frame: Any,
    label: ColumnKey | None = None,
    ids: ColumnKey | None = None,
    missing: str = "ignore",
    columns_file: str | Path | None = None,
    unseen: str = "refuse",
) -> TableSpec:
    """Recognise the columns of a table, and learn their codings on all rows. Draws no random numbers.

    Args:
        frame: A DataFrame of polars, pandas or the like; `read_frame` reads one.
        label: Name or number (from 0) of the column with labels, which is learnt like any other.
        ids: Name or number of the column that identifies the rows, which is left out.
        missing: How missing values are treated: `ignore`, or `learn`, in columns that have any.
        columns_file: A YAML file with settings of single columns.
        unseen: `refuse`, or `other`, which gives every categorical column one more category, for those of a single
            row and new ones.

    Raises:
        InputError: For columns that cannot be learnt, and for mistakes in the file.
        ValueError: For another value of `missing`.
    """
    if missing not in MISSING:
        raise ValueError(f"missing must be one of {', '.join(MISSING)}. Received: {missing!r}")
    table = from_given(frame)
    said = None if columns_file is None else read_columns_file(columns_file)
    wishes = Wishes(None, label, ids=ids, missing=missing, unseen=unseen, said=said)
    seen = [see(table.to_series(place), place) for place in range(table.width)]
    spec = learn_columns(seen, wishes)
    return with_codings(spec, encode(table, spec, unseen))


def learn_columns(seen: Sequence[Seen], wishes: Wishes, source: str = "the table") -> TableSpec:
    """The spec of the columns of a table, without codings.

    Raises:
        InputError: When no column can be learnt, and for keys that name a column that the table lacks.
    """
    names = tuple(one.name for one in seen)
    said = wishes.said or {}
    unknown = [name for name in said if name not in names]
    if unknown:
        raise no_such_column(source, "data.columns_file", unknown, names, len(names))
    label, ids = (
        place_of(source, key, column, names)
        for key, column in (("data.label_column", wishes.label), ("data.id_column", wishes.ids))
    )
    chosen = None
    if wishes.columns is not None:
        chosen = {place_of(source, "data.columns", column, names) for column in wishes.columns}
    columns: list[Column] = []
    left_out: list[LeftOut] = []
    for one in seen:
        of_one = said.get(one.name, Said())
        if one.place == ids:
            left_out.append(LeftOut(one.name, "id", "data.id_column names it"))
        elif one.place == label and wishes.chosen_by_label:
            left_out.append(left_out_by(one, "it holds the labels, by which data.normal_label chooses rows"))
        elif one.place == label and not wishes.learn_label:
            left_out.append(left_out_by(one, "it holds the labels, and data.learn_label is false"))
        elif chosen is not None and one.place not in chosen:
            left_out.append(left_out_by(one, "data.columns does not name it"))
        else:
            asked = one.place == label or chosen is not None
            found = learn_column(one, of_one, wishes, asked)
            (left_out if isinstance(found, LeftOut) else columns).append(found)  # type: ignore[arg-type]
            if isinstance(found, Column):
                columns += [column_of_part(found, part) for part in of_one.cyclic]
    if not columns:
        why = "; ".join(f"{one.name}: {one.why}" for one in left_out[:5]) or "it has none"
        raise InputError(f"{source} has no column to learn: {why}")
    check_names(source, columns)
    return TableSpec(tuple(columns), tuple(left_out), names)


def kind_of(seen: Seen, said: Said) -> Any:
    """The kind of a column: the one of its settings, or the one that is recognised."""
    if said.kind is not None:
        return kind_called(said.kind)
    if said.format is not None or said.cyclic:
        return kind_called("date")
    found = recognised(seen)
    return (
        kind_called("categorical") if said.categories and "categories" not in getattr(found, "keys", ()) else found
    )


def left_out_by(seen: Seen, why: str) -> LeftOut:
    """A column that a key leaves out, with the kind that is recognised."""
    try:
        return LeftOut(seen.name, recognised(seen).name, why)
    except InputError:  # a date with an ambiguous format
        return LeftOut(seen.name, "date", why)


def learn_column(seen: Seen, said: Said, wishes: Wishes, asked: bool) -> Column | LeftOut:
    """One column as it is learnt, without a coding, or left out.

    Args:
        seen: The column.
        said: Its settings in the columns file.
        wishes: The keys of the user.
        asked: Whether a key asks for it by name: then ids and free text are learnt too.
    """
    if said.leave_out:
        return left_out_by(seen, "data.columns_file leaves it out")
    kind = kind_of(seen, said)
    ticked = kind.name == "constant" and said.kind is None and said.missing != "ignore" and is_ticked(seen)
    if ticked:
        kind = kind_called("categorical")
    if not kind.learnt and asked and seen.distinct > 1 and said.kind is None:
        others = (one for one in all_kinds().values() if one.learnt and one.recognises(seen))
        kind = next(others, kind)
    if not kind.learnt:
        value = kind.value(seen) if seen.distinct == 1 else None
        why = kind.why(seen) if said.kind is None else "data.columns_file says so"
        return LeftOut(seen.name, kind.name, why, value, {} if value is None else form_of(seen))
    given = {name: value for name in kind.keys if (value := getattr(said, name)) not in (None, ())}
    wrong = [name for name in ("categories", "format", "cyclic") if getattr(said, name) and name not in kind.keys]
    if wrong:
        raise InputError(
            f"data.columns_file: column {seen.name!r} has the key {wrong[0]}, which the kind {kind.name} lacks"
        )
    try:
        column = kind.learn(seen, given)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"data.columns_file: column {seen.name!r} has the kind {kind.name}, but it {error}"
        ) from error
    if wishes.unseen == "other" and column.kind == "categorical" and said.categories is None:
        texts = tuple(with_other(seen, list(column.categories or ())))
        column = replace(column, categories=texts, n_categories=len(texts), likelihood=kind.likelihood(len(texts)))
    if said.likelihood is not None:
        column = replace(column, likelihood=said.likelihood)
    # Without a missing value there is nothing to learn: new rows have none in this column either.
    usual = "learn" if ticked else wishes.missing if seen.missing else "ignore"
    return replace(column, missing=said.missing or usual)


def is_ticked(seen: Seen) -> bool:
    """Whether a column has one value or none, as of a box that is ticked or not: where it is missing is learnt."""
    return seen.distinct == 1 and seen.missing > 0


def place_of(source: str, key: str, column: ColumnKey | None, names: Sequence[str]) -> int | None:
    """The position of the column that a key names; None where the key is not given.

    Raises:
        InputError: When the table has no such column.
    """
    if column is None:
        return None
    place = find(column, names, len(names))
    if place is None:
        raise no_such_column(source, key, [str(column)], names, len(names))
    return place


def check_names(source: str, columns: Sequence[Column]) -> None:
    """Raise InputError where a part of a date has the name of another column."""
    names = [column.name for column in columns]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(
            f"{source}: {twice[0]!r} is the name of a column and of a part of a date. Rename the column"
        )
