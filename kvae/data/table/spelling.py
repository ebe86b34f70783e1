"""Truth values of a text file as that file spells them, such as True and False, or TRUE and FALSE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kvae.table import Column, TableSpec

if TYPE_CHECKING:
    import polars as pl

# How CSV is written unless a column says otherwise.
PLAIN = ("false", "true")


def spelling_of(texts: pl.Series) -> tuple[str, str]:
    """How a column of text, which holds truth values and gaps, spells false and true: the first of each."""
    found = {text.lower(): text for text in reversed(texts.drop_nulls().unique(maintain_order=True).to_list())}
    one = next(iter(found.values()), PLAIN[0])
    like = str.upper if one.isupper() else str.title if one.istitle() else str.lower
    false, true = (found.get(text, like(text)) for text in PLAIN)
    return false, true


def with_spellings(spec: TableSpec, spellings: Mapping[str, tuple[str, str]]) -> TableSpec:
    """What was learnt of a table, with the spelling of each column of truth values in its `form`."""

    def noted(column: Column) -> Column:
        if spellings.get(column.name, PLAIN) == PLAIN or column.form.get("dtype") != "Boolean":
            return column
        return replace(column, form={**column.form, "spelling": list(spellings[column.name])})

    left_out = (
        replace(one, value=spellings[one.name][one.value])
        if isinstance(one.value, bool) and spellings.get(one.name, PLAIN) != PLAIN
        else one
        for one in spec.left_out
    )
    return replace(spec, columns=tuple(map(noted, spec.columns)), left_out=tuple(left_out))


def as_spelled(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Rows that `decode` or `complete` gave, as text: truth values spelled as in the file that was learnt."""
    import polars as pl

    for column in spec.columns:
        spelling = column.form.get("spelling")
        if spelling is not None and frame.schema.get(column.name) == pl.Boolean:
            values, (false, true) = pl.col(column.name), map(str, spelling)
            text = pl.when(values).then(pl.lit(true)).when(~values).then(pl.lit(false))
            frame = frame.with_columns(text.alias(column.name))
    return frame
