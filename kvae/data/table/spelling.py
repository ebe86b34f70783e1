"""The spelling of false and true in a text file, such as False and True, or FALSE and TRUE; its decimal sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kvae.table import Column, TableSpec

if TYPE_CHECKING:
    import polars as pl

# The default spelling in a .csv file.
PLAIN = ("false", "true")


def spelling_of(texts: pl.Series) -> tuple[str, str]:
    """The first spellings of false and true in a column of text with only these; a missing one is inferred."""
    found = {text.lower(): text for text in reversed(texts.drop_nulls().unique(maintain_order=True).to_list())}
    one = next(iter(found.values()), PLAIN[0])
    like = str.upper if one.isupper() else str.title if one.istitle() else str.lower
    false, true = (found.get(text, like(text)) for text in PLAIN)
    return false, true


def with_spellings(spec: TableSpec, spellings: Mapping[str, tuple[str, str]]) -> TableSpec:
    """The spec with the spelling of each column of booleans in its `form`, if it is not the default."""

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
    """Rows from `decode` or `complete`, with booleans as text in the spelling of the learnt file."""
    import polars as pl

    for column in spec.columns:
        spelling = column.form.get("spelling")
        if spelling is not None and frame.schema.get(column.name) == pl.Boolean:
            values, (false, true) = pl.col(column.name), map(str, spelling)
            text = pl.when(values).then(pl.lit(true)).when(~values).then(pl.lit(false))
            frame = frame.with_columns(text.alias(column.name))
    return frame


def as_written(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """As `as_spelled`, with the decimal sign of the learnt file."""
    import polars as pl

    frame = as_spelled(frame, spec)
    decimal = spec.text.decimal
    if decimal == ".":
        return frame
    return frame.with_columns([as_text(one, decimal) for one in frame.select(pl.selectors.float()).iter_columns()])


def as_text(values: pl.Series, decimal: str) -> pl.Series:
    """Values as a text file writes them."""
    import polars as pl

    fractions = values.dtype.is_float()
    texts = values.cast(pl.String)
    return texts.str.replace(".", decimal, literal=True) if fractions and decimal != "." else texts
