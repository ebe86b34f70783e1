"""Read a table into memory: rows of numbers, NaN for missing values, with labels and ids."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kvae.data.columns import find
from kvae.data.index import text_of
from kvae.data.raw_table import Frame
from kvae.data.table.inferring import Wishes, learn_columns, place_of
from kvae.data.table.orders import lost_orders
from kvae.data.table.reading import open_table
from kvae.data.table.rows import encode
from kvae.data.table.seeing import see_all
from kvae.data.table.shown import mostly_empty, show_columns
from kvae.data.table.signs import signs_among_numbers, unclear_signs, usual_sign
from kvae.data.table.spelling import with_spellings
from kvae.data.tables import Raw, say
from kvae.data.text import TextFormat
from kvae.data.values import labels_of
from kvae.errors import InputError
from kvae.table import TableSpec
from kvae.table.text_form import TextForm

if TYPE_CHECKING:
    import polars as pl

log = logging.getLogger(__name__)


def read_whole(path: str, wishes: Wishes, fmt: TextFormat, learnt: TableSpec | None = None) -> Raw:
    """The rows of a table, with labels and ids.

    Args:
        path: The file.
        wishes: The keys of the user about the columns.
        fmt: How a text file writes its table.
        learnt: The spec of a learnt run; None recognises the columns, and logs them.

    Raises:
        InputError: For anything wrong with the table.
    """
    frame = open_table(path, fmt, learnt, wishes.as_text)
    say(frame.words)
    if not len(frame.data):
        raise InputError(f"{frame.source} holds no rows")
    spec = learnt or with_spellings(
        learn_columns(see_all(frame.data, frame.notation.decimal), wishes, frame.source), frame.spellings
    )
    if learnt is None:
        text = (
            TextForm()
            if frame.lines is None
            else TextForm.of(
                frame.fmt.separator,
                frame.notation.decimal,
                frame.notation.thousands,
                usual_sign(frame.signs, frame.data),
            )
        )
        spec = replace(spec, missing_signs=fmt.missing, text=text)
    elif learnt.missing_signs is not None and fmt.missing is None and frame.lines is not None:
        signs = ", ".join(map(repr, learnt.missing_signs))
        log.info("%s is read with data.missing_signs of the learnt run: %s", frame.source, signs)
    beside = Beside.of(frame.source, frame.data.columns, wishes, spec, known=learnt is not None)
    data = with_label(frame, beside, wishes, spec)
    told: list[str] = []
    coarse: list[str] = []
    x = encode(data, spec, wishes.unseen, frame.source, frame.place, told, coarse)
    if learnt is None:
        say_columns(spec, wishes, np.isnan(x).sum(axis=0), len(x))
        say_signs(frame, spec, wishes)
        say(lost_orders([Path(path)], spec))
    say(told)
    for word in coarse:
        log.warning("warning: %s", word)
    labels = None if beside.label is None else labels_of(frame, beside.label)
    ids = None if beside.ids is None else text_of(frame.data.to_series(beside.ids))
    return Raw(x, labels, columns=spec.names, ids=ids, id_name=beside.id_name, lines=frame.lines, table=spec)


@dataclass(frozen=True)
class Beside:
    """Positions of the columns with labels and with ids, and the name of the column with ids."""

    label: int | None
    ids: int | None
    id_name: str | None

    @classmethod
    def of(cls, source: str, names: Sequence[str], wishes: Wishes, spec: TableSpec, known: bool) -> Beside:
        """The positions in a table with these names; with a learnt run (`known`) the labels may be missing."""
        label = None if wishes.label is None else find(wishes.label, names, len(names))
        if label is None and not (known and str(wishes.label) in spec.names):
            label = place_of(source, "data.label_column", wishes.label, names)
        ids = place_of(source, "data.id_column", wishes.ids, names)
        if ids is None:
            found = (find(one.name, names, 0) for one in spec.left_out if one.kind == "id")
            ids = next((place for place in found if place is not None), None)
        return cls(label, ids, None if ids is None else names[ids])


def with_label(frame: Frame, beside: Beside, wishes: Wishes, spec: TableSpec) -> pl.DataFrame:
    """The table with an empty column for labels, if the run learnt labels and the table lacks them."""
    import polars as pl

    name = str(wishes.label)
    if wishes.label is None or beside.label is not None or name not in spec.names:
        return frame.data
    log.info("%s has no column %s: its labels count as missing", frame.source, name)
    return frame.data.with_columns(pl.lit(None).alias(name))


def say_signs(frame: Frame, spec: TableSpec, wishes: Wishes) -> None:
    """Warn about categories read as missing values, which `mode=impute` would replace, and of the reverse."""
    unclear = unclear_signs(frame.signs, frame.data)
    found = [
        f"{name!r} ({', '.join(f'{sign!r}: {n:,}' for sign, n in signs.items())})"
        for name, signs in unclear.found.items()
        if name in spec.names
    ]
    if found:
        log.warning("warning: text that is read as missing: %s. %s", ", ".join(found[:20]), unclear.advice)
    among = signs_among_numbers(frame.signs, spec, wishes.as_text)
    if among is not None:
        log.warning("warning: %s", among)


def say_columns(spec: TableSpec, wishes: Wishes, gaps: np.ndarray, n: int) -> None:
    """Log the recognised columns before anything is learnt, and warn about columns that are mostly empty."""
    for line in show_columns(spec, gaps, n):
        log.info(line)
    left_out = {one.name for one in spec.left_out}
    if wishes.label is not None and wishes.learn_label and str(wishes.label) not in left_out:
        log.info(
            "the labels of data.label_column=%s are also learnt, and generated, as a column; to leave them out, "
            "type data.learn_label=false",
            wishes.label,
        )
    empty = mostly_empty(spec, gaps, n)
    if empty:
        log.warning(
            "columns that are mostly empty, so that little is learnt about them: %s", ", ".join(empty[:20])
        )
